"""What several tests of the server begin with, and its pages filled in."""

from dataclasses import dataclass

import httpx
from stripe import Customer, Price
from stripe._v1_services import V1Services
from stripe.params import CustomerCreateParams, PriceCreateParams


@dataclass
class Shop:
    """A customer with a card, and prices of one product."""

    customer: Customer
    monthly: Price
    pro: Price
    yearly: Price
    once: Price


async def shop(api: V1Services, card: str = "pm_card_visa", test_clock: str = "") -> Shop:
    """Make one: 10, 20 and 100 euros by subscription, 5 once."""
    product = await api.products.create_async({"name": "Brushes"})

    async def price(amount: int, interval: str = "") -> Price:
        params: PriceCreateParams = {
            "product": product.id, "currency": "eur", "unit_amount": amount}  # fmt: skip
        if interval:
            params["recurring"] = {"interval": interval}
        return await api.prices.create_async(params)

    about: CustomerCreateParams = {"email": "ada@example.com", "name": "Ada"}
    if test_clock:
        about["test_clock"] = test_clock
    customer = await api.customers.create_async(about)
    method = await api.payment_methods.attach_async(card, {"customer": customer.id})
    await api.customers.update_async(
        customer.id, {"invoice_settings": {"default_payment_method": method.id}}
    )
    return Shop(customer, await price(1000, "month"), await price(2000, "month"),
                await price(10000, "year"), await price(500))  # fmt: skip


async def submit(url: str, card: str = "4242424242424242", **more: str) -> httpx.Response:
    """Fill in a hosted page and send it; the answer, with no redirect followed."""
    form = {"email": "new@example.com", "cardNumber": card, "cardExpiry": "12 / 34",
            "cardCvc": "123", "billingName": "New", "billingCountry": "DE"} | more  # fmt: skip
    async with httpx.AsyncClient(verify=False) as browser:
        return await browser.post(url, data=form)
