"""Lines of invoices: a period's price, what is left of one, a trial; discounts, tax and totals."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.support.stripe_server import shapes
from tests.support.stripe_server.errors import Json
from tests.support.stripe_server.world import World

_SIGNS = {"eur": "€", "usd": "$", "gbp": "£"}


def rounded(amount: Decimal) -> int:
    """To whole cents, half away from zero."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def price_amount(price: Json, quantity: int) -> int:
    """What a quantity costs, in the currency's smallest unit."""
    return rounded(Decimal(price["unit_amount_decimal"] or "0") * quantity)


def words(amount: int, currency: str) -> str:
    """An amount for people: €10.00."""
    return f"{_SIGNS.get(currency, currency.upper() + ' ')}{Decimal(amount) / 100:.2f}"


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d %b %Y").lstrip("0")


def product_name(world: World, price: Json) -> str:
    """The name of a price's product."""
    product = world.store.find(price["product"])
    return str(product["name"]) if product else str(price["product"])


def line(
    world: World, price: Json, quantity: int, amount: int, period: tuple[int, int], **more: Any
) -> Json:
    """A line about a price. ``more``: ``description``, ``parent`` and others."""
    return shapes.new(
        "line_item", id=world.store.new_id("line_item"), amount=amount, subtotal=amount,
        currency=price["currency"], discountable=True, discount_amounts=[], discounts=[],
        metadata={}, period={"start": period[0], "end": period[1]}, quantity=quantity,
        quantity_decimal=str(quantity), pretax_credit_amounts=[], taxes=[],
        pricing={"type": "price_details", "unit_amount_decimal": price["unit_amount_decimal"],
                 "price_details": {"price": price["id"], "product": price["product"]}},
        **more,
    )  # fmt: skip


def item_parent(item: Json, *, proration: bool = False, invoice_item: str | None = None) -> Json:
    """A line's ``parent`` that is a subscription item."""
    details = {"invoice_item": invoice_item, "proration": proration, "proration_details":
               {"credited_items": None} if proration else None,
               "subscription": item["subscription"], "subscription_item": item["id"]}  # fmt: skip
    return {"type": "subscription_item_details", "invoice_item_details": None,
            "subscription_item_details": details}  # fmt: skip


def period_line(world: World, item: Json, start: int, end: int) -> Json:
    """A whole period of an item."""
    price, quantity = item["price"], item["quantity"] or 1
    amount = price_amount(price, quantity)
    each = words(price["unit_amount"] or 0, price["currency"])
    count, unit = price["recurring"]["interval_count"], price["recurring"]["interval"]
    every = unit if count == 1 else f"every {count} {unit}s"
    text = f"{quantity} × {product_name(world, price)} (at {each} / {every})"
    return line(world, price, quantity, amount, (start, end), description=text,
                parent=item_parent(item), subscription=item["subscription"])  # fmt: skip


def trial_line(world: World, item: Json, start: int, end: int) -> Json:
    """A trial: nothing to pay."""
    text = f"Trial period for {product_name(world, item['price'])}"
    made = line(world, item["price"], item["quantity"] or 1, 0, (start, end), description=text,
                parent=item_parent(item), subscription=item["subscription"])  # fmt: skip
    made["pricing"]["unit_amount_decimal"] = "0"
    return made


def proration(world: World, item: Json, price: Json, quantity: int, at: int, sign: int) -> Json:
    """What is left of an item's period: a credit (``sign`` -1) or a charge."""
    start, end = item["current_period_start"], item["current_period_end"]
    share = Decimal(max(0, end - at)) / Decimal(max(1, end - start))
    amount = sign * rounded(Decimal(price["unit_amount_decimal"] or "0") * quantity * share)
    kind = "Unused" if sign < 0 else "Remaining"
    many = f"{quantity} × " if quantity != 1 else ""
    text = f"{kind} time on {many}{product_name(world, price)} after {_day(at)}"
    return line(world, price, quantity, amount, (at, end), description=text,
                parent=item_parent(item, proration=True),
                subscription=item["subscription"])  # fmt: skip


def discount_of(world: World, discount: Json, subtotal: int, left: int, products: set[str]) -> int:
    """What a discount takes off an amount, never more than is ``left``."""
    coupon = world.store.get("coupon", discount["source"]["coupon"])
    only = world.coupon_products.get(coupon["id"])
    if only and not products & set(only):
        return 0
    if coupon["percent_off"] is not None:
        off = rounded(Decimal(subtotal) * Decimal(str(coupon["percent_off"])) / 100)
    else:
        off = coupon["amount_off"] or 0
    return max(0, min(off, left))


def total(world: World, invoice: Json, discounts: list[Json]) -> None:
    """Fill in an invoice's sums from its lines, the discounts and the account's tax."""
    data = invoice["lines"]["data"]
    taken: list[Json] = []
    for one in data:
        one["discount_amounts"] = []
    for discount in discounts:
        off = _spread(world, discount, [one for one in data if one["discountable"]])
        taken.append({"amount": off, "discount": discount["id"]})
    subtotal = sum(one["amount"] for one in data)
    net = subtotal - sum(one["amount"] for one in taken)
    tax = _tax(world, invoice, data)
    invoice["subtotal"] = subtotal
    invoice["subtotal_excluding_tax"] = subtotal
    invoice["total_discount_amounts"] = taken
    invoice["discounts"] = [one["id"] for one in discounts]
    invoice["total_excluding_tax"] = net
    invoice["total"] = net + tax
    owed = invoice["total"] + invoice["starting_balance"]
    invoice["amount_due"] = max(0, owed)
    invoice["amount_remaining"] = invoice["amount_due"] - invoice["amount_paid"]


def _spread(world: World, discount: Json, data: list[Json]) -> int:
    """Take a discount off the lines, each by its share; returns the sum."""
    left = {one["id"]: one["amount"] - sum(d["amount"] for d in one["discount_amounts"])
            for one in data}  # fmt: skip
    base = sum(left.values())
    products = {one["pricing"]["price_details"]["product"] for one in data}
    off = discount_of(world, discount, base, max(0, base), products)
    rest = off
    for place, one in enumerate(data):
        share = (
            rest
            if place == len(data) - 1
            else rounded(Decimal(off) * left[one["id"]] / (base or 1))
        )
        one["discount_amounts"].append({"amount": share, "discount": discount["id"]})
        rest -= share
    return off


def _tax(world: World, invoice: Json, data: list[Json]) -> int:
    percent = world.settings.tax_percent
    on = invoice["automatic_tax"]["enabled"]
    if not on or not percent or invoice["customer_tax_exempt"] in ("exempt", "reverse"):
        invoice["total_taxes"] = []
        return 0
    rate = world.tax_rate()
    total_tax, total_base = 0, 0
    for one in data:
        base = one["amount"] - sum(d["amount"] for d in one["discount_amounts"])
        tax = rounded(Decimal(base) * Decimal(str(percent)) / 100)
        one["taxes"] = [_tax_entry(rate, tax, base)]
        total_tax, total_base = total_tax + tax, total_base + base
    invoice["total_taxes"] = [_tax_entry(rate, total_tax, total_base)]
    return total_tax


def _tax_entry(rate: Json, amount: int, base: int) -> Json:
    return {"amount": amount, "tax_behavior": "exclusive", "tax_rate_details":
            {"tax_rate": rate["id"]}, "taxability_reason": "standard_rated",
            "taxable_amount": base, "type": "tax_rate_details"}  # fmt: skip
