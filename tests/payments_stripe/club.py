"""A club whose members pay by the month through Stripe, and seventy days of its life there."""

import random
from pathlib import Path
from typing import Any

from portico.activation import service as activation
from portico.api import Interval, Mode
from portico.catalog import service as catalog
from portico.cli.common import running
from portico.stores import service as stores
from portico.testing.app import make_settings
from portico_payments_stripe import prices
from portico_payments_stripe.webhooks import EVENTS
from stripe import StripeClient
from stripe._v1_services import V1Services

from tests.payments_stripe.shop import PLUGIN
from tests.support.stripe import StripeServer

PLUGINS = "auth_email_link,payments_stripe,files_local,licenses,email_smtp"
DAY = 86400
BROKE = 9
"""The last figure of the numbers of those who cannot pay."""


async def open_store(
    url: str, folder: Path, server: StripeServer, api: StripeClient, base: str
) -> str:
    """A product with a license, sold by the month under a price of Stripe's; returns that."""
    server.control("webhooks", stopped=True, shuffle=True, copies_max=4, drop_rate=0.03,
                   retry_delays=[0.5] * 200)  # fmt: skip
    endpoint = api.v1.webhook_endpoints.create(
        {"url": f"{base}/hooks/{PLUGIN}/shop", "enabled_events": list(EVENTS)}  # type: ignore[arg-type]
    )
    settings = make_settings(url, folder / "data", plugins=PLUGINS.split(","))
    async with running(settings) as rt:
        store = await stores.create(rt, slug="shop", name="Shop", mode=Mode.TEST, by="cli")
        await activation.enable(rt, store, PLUGIN, by="test")
        await activation.save_settings(
            rt, store, PLUGIN, {"test_key": server.key, "webhook_secret": endpoint.secret},
            by="test",
        )  # fmt: skip
        product = await catalog.create_product(
            rt, store, slug="club", name="Club", license_issuer="licenses", by="cli"
        )
        ours = await catalog.add_price(
            rt, store, product.id, unit_amount=900, currency="EUR", interval=Interval.MONTH,
            by="test",
        )  # fmt: skip
        await activation.enabled(rt, store)
        ctx = rt.hooks.context(store, PLUGIN)
        at_stripe = api.v1.products.create({"name": "Club"})
        made = api.v1.prices.create(
            {"product": at_stripe.id, "currency": "eur", "unit_amount": 900,
             "recurring": {"interval": "month"}}
        )  # fmt: skip
        await prices.keep(ctx, Mode.TEST, made.id, at_stripe.id, ours, "unspecified", ours=False)
    return made.id


def live_through(server: StripeServer, stripe: StripeClient, price: str, members: int) -> None:
    """Seventy days: people join, cards fail, people leave, come back, get money back."""
    chance = random.Random(members)
    api = stripe.v1
    sound = [join(api, price, number) for number in range(members) if number % 10 != BROKE]
    server.control("advance", seconds=30 * DAY)
    broke = [number for number in range(members) if number % 10 == BROKE]
    mine = sound + [join(api, price, number) for number in broke[::2]]
    server.control("advance", seconds=10 * DAY)
    for one in chance.sample(mine, len(mine) // 3):
        api.subscriptions.update(one, {"cancel_at_period_end": True})
    server.control("advance", seconds=10 * DAY)
    for one in chance.sample(mine, len(mine) // 4):
        if server.control("object", id=one)["status"] != "canceled":
            api.subscriptions.update(one, {"cancel_at_period_end": False})
    mine += [join(api, price, number) for number in broke[1::2]]
    server.control("advance", seconds=20 * DAY)
    for one in chance.sample(mine, len(mine) // 8):
        if server.control("object", id=one)["status"] != "canceled":
            api.subscriptions.cancel(one)
    for one in chance.sample(mine, len(mine) // 4):
        if server.control("object", id=one)["status"] == "active":
            api.subscriptions.update(one, {"cancel_at_period_end": True})
    for charge in server.control("objects", kind="charge")[::8]:
        if charge["paid"] and charge["payment_intent"]:
            api.refunds.create({"payment_intent": charge["payment_intent"], "amount": 100})


def join(api: V1Services, price: str, number: int) -> str:
    """A new member; every tenth has no money once a trial is over. Returns the subscription."""
    customer = api.customers.create({"email": f"member-{number}@example.com"})
    give_card(api, customer.id, "pm_card_visa")
    trial = {}
    if number % 10 == BROKE:
        give_card(api, customer.id, "pm_card_chargeCustomerFail")
        trial = {"trial_period_days": 7}
    elif number % 3 == 0:
        give_card(api, customer.id, "pm_card_mastercard")
    params: Any = {"customer": customer.id, "items": [{"price": price}], **trial}
    made = api.subscriptions.create(params)
    return made.id


def give_card(api: V1Services, customer: str, token: str) -> None:
    """Another card, with which the customer pays from now on."""
    card = api.payment_methods.attach(token, {"customer": customer})
    api.customers.update(customer, {"invoice_settings": {"default_payment_method": card.id}})
