"""A grown business made at once: customers, subscriptions in every state, invoices, charges."""

import random
from collections import Counter

from tests.support.stripe_server.billing import invoices, payments
from tests.support.stripe_server.billing import subscriptions as billing
from tests.support.stripe_server.billing.clock import run_until
from tests.support.stripe_server.billing.endings import end
from tests.support.stripe_server.billing.lines import period_line
from tests.support.stripe_server.errors import Json
from tests.support.stripe_server.resources.catalog import create_price, create_product
from tests.support.stripe_server.resources.customers import create
from tests.support.stripe_server.resources.payment_methods import attach
from tests.support.stripe_server.resources.payment_methods import make as make_card
from tests.support.stripe_server.resources.refunds import refund
from tests.support.stripe_server.world import DAY, World

STATES = (
    *["active"] * 12, "active", "trialing", "past_due", "unpaid", "canceled", "canceled",
    "ending", "paused_collection", "incomplete",
)  # fmt: skip
"""States in the order they are dealt out; ``ending``: cancel_at_period_end is set."""


def make(
    world: World, customers: int, subscriptions: int, *, purchases: int = 0, shared: int = 20,
    products: int = 3, seed: int = 4,
) -> Json:  # fmt: skip
    """Make them, and count what was made.

    Every ``shared``-th customer has the e-mail of the one before: several customers of one
    person. ``purchases`` are single charges without an invoice, some of them refunded. Existing
    prices are used where there are recurring ones, else ``products`` are made.
    """
    world.outbox.muted = True
    chance = random.Random(seed)
    present = world.now()
    try:
        prices = _prices(world, products)
        owners = _customers(world, customers, shared, present)
        for turn in range(subscriptions):
            world.moment = present - 27 * DAY + turn * 26 * DAY // max(1, subscriptions)
            owner = owners[turn % customers]
            price = chance.choice(prices)
            _subscription(world, owner, price, STATES[turn % len(STATES)], 1 + turn % 3 // 2)
        for turn in range(purchases):
            world.moment = present - DAY + turn * DAY // max(1, purchases)
            _purchase(world, owners[turn % customers], turn)
        world.moment = None
        run_until(world, present, None)
    finally:
        world.moment = None
        world.outbox.muted = False
    return sheet(world)


def _prices(world: World, products: int) -> list[Json]:
    found = [one for one in world.store.all("price") if one["type"] == "recurring"]
    for number in range(0 if found else products):
        product = create_product(world, {"name": f"Plan {number + 1}"})
        for amount, interval in ((1000, "month"), (10000, "year")):
            found.append(create_price(world, {
                "product": product["id"], "currency": "eur", "unit_amount": amount * (number + 1),
                "recurring": {"interval": interval}}))  # fmt: skip
    return found


def _customers(world: World, count: int, shared: int, present: int) -> list[Json]:
    made = []
    for turn in range(count):
        world.moment = present - 400 * DAY + turn * 370 * DAY // count
        number = turn - 1 if shared and turn % shared == shared - 1 else turn
        customer = create(world, {
            "email": f"customer{number}@example.com", "name": f"Customer {number}",
            "address": {"country": "DE", "postal_code": "10115"}})  # fmt: skip
        card = make_card(world, "4242424242424242", email=customer["email"])
        attach(world, card["id"], customer)
        world.set_up.add(card["id"])
        customer["invoice_settings"]["default_payment_method"] = card["id"]
        made.append(customer)
    return made


def _subscription(world: World, customer: Json, price: Json, state: str, quantity: int) -> None:
    params: Json = {"items": [{"price": price["id"], "quantity": quantity}]}
    if state == "trialing":
        params["trial_period_days"] = 60
    sub = billing.draft(world, customer, params)
    behavior = "default_incomplete" if state == "incomplete" else "allow_incomplete"
    billing.begin(world, sub, customer, behavior)
    if state in ("past_due", "unpaid"):
        _fall_behind(world, sub, customer, state)
    elif state == "canceled":
        end(world, sub)
    elif state == "ending":
        sub.update(billing.schedule_end(world, sub, True))
    elif state == "paused_collection":
        sub["pause_collection"] = {"behavior": "void", "resumes_at": None}


def _fall_behind(world: World, sub: Json, customer: Json, state: str) -> None:
    """A renewal that the card refused."""
    lines = [period_line(world, item, item["current_period_start"], item["current_period_end"])
             for item in sub["items"]["data"]]  # fmt: skip
    invoice = billing.bill(world, sub, customer, lines, "subscription_cycle")
    sub["latest_invoice"] = invoice["id"]
    invoices.finalize(world, invoice)
    world.decline_next.insert(0, "insufficient_funds")
    invoices.pay(world, invoice, None)
    sub["status"] = state
    invoice["next_payment_attempt"] = None


def _purchase(world: World, customer: Json, turn: int) -> None:
    card = world.store.pointing("payment_method", "customer", customer["id"])[0]
    intent = payments.new_intent(world, 4900, "eur", customer["id"])
    payments.attempt(world, intent, card)
    if turn % 10 == 0:
        charge = world.store.get("charge", intent["latest_charge"])
        refund(world, charge, 4900 if turn % 20 == 0 else 1000, {})


def sheet(world: World) -> Json:
    """Counts and sums, to hold an import against."""
    charges = [one for one in world.store.all("charge") if one["status"] == "succeeded"]
    return {
        "customers": world.store.count("customer"),
        "emails": len({one["email"] for one in world.store.all("customer")}),
        "subscriptions": Counter(one["status"] for one in world.store.all("subscription")),
        "invoices": Counter(one["status"] for one in world.store.all("invoice")),
        "invoiced_paid": sum(one["amount_paid"] for one in world.store.all("invoice")),
        "charges": len(charges), "charged": sum(one["amount"] for one in charges),
        "refunded": sum(one["amount"] for one in world.store.all("refund")),
    }  # fmt: skip
