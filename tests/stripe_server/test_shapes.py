"""Objects have the fields of the pinned library, and the shapes of Stripe's own samples."""

import json
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe._v1_services import V1Services

from tests.stripe_server.conform import problems
from tests.stripe_server.helpers import shop, submit
from tests.support.stripe import StripeServer
from tests.support.stripe_server.shapes import CLASSES, ON_REQUEST, fields

SAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("fixtures3.json").read_text())[
    "resources"
]

DEMANDED = {
    "account": ["settings"], "charge": ["refunds"], "customer": ["tax_ids", "subscriptions"],
    "invoice": ["payments", "confirmation_secret"], "checkout.session": ["line_items"],
}  # fmt: skip


async def _everything(api: V1Services, server: StripeServer) -> None:
    """Let there be an object of every kind, in several states."""
    made = await shop(api)
    customer = made.customer.id
    await api.customers.tax_ids.create_async(customer, {"type": "eu_vat", "value": "DE123456789"})
    await api.customers.balance_transactions.create_async(
        customer, {"amount": -500, "currency": "eur"}
    )
    await api.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:9/", "enabled_events": ["*"]}
    )
    coupon = await api.coupons.create_async({"percent_off": 25, "duration": "forever"})
    code = await api.promotion_codes.create_async(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TEST"}
    )
    server.control("settings", tax_percent=19)
    sub = await api.subscriptions.create_async(
        {
            "customer": customer,
            "items": [{"price": made.monthly.id}],
            "discounts": [{"promotion_code": code.id}],
            "automatic_tax": {"enabled": True},
        }
    )
    await api.subscriptions.update_async(
        sub.id, {"items": [{"id": sub.items.data[0].id, "quantity": 3}]}
    )
    await api.subscription_schedules.create_async({"from_subscription": sub.id})
    await api.subscriptions.create_async(
        {"customer": customer, "items": [{"price": made.pro.id}], "trial_period_days": 3}
    )
    for card in ("4000002760003184", "4000000000000002", "4000000000000259"):
        await _buys(api, server, made.once.id, card)
    setup = await api.checkout.sessions.create_async(
        {"mode": "setup", "customer": customer, "currency": "eur", "success_url": "http://shop/"}
    )
    assert setup.url is not None
    await submit(setup.url, "5555555555554444")
    await api.payment_links.create_async({"line_items": [{"price": made.once.id, "quantity": 1}]})
    portal = await api.billing_portal.sessions.create_async(
        {
            "customer": customer,
            "flow_data": {
                "type": "subscription_cancel",
                "subscription_cancel": {"subscription": sub.id},
            },
        }
    )
    assert portal.url
    await api.test_helpers.test_clocks.create_async({"frozen_time": 1_800_000_000})
    server.control("advance", seconds=40 * 86400)


async def _buys(api: V1Services, server: StripeServer, price: str, card: str) -> None:
    session = await api.checkout.sessions.create_async({
        "mode": "payment", "line_items": [{"price": price, "quantity": 2}],
        "success_url": "http://shop/", "customer_creation": "always",
        "invoice_creation": {"enabled": True}})  # fmt: skip
    assert session.url is not None
    answer = await submit(session.url, card)
    if "/3ds/" in answer.headers.get("location", ""):
        await submit(server.base + answer.headers["location"], outcome="complete")
    done = await api.checkout.sessions.retrieve_async(session.id)
    if done.payment_intent and card == "4000002760003184":
        await api.refunds.create_async({"payment_intent": str(done.payment_intent), "amount": 100})


def _held(server: StripeServer) -> dict[str, list[dict[str, Any]]]:
    kinds = server.control("state")["objects"]
    held = {kind: server.control("objects", kind=kind) for kind in kinds}
    held["account"] = [server.control("account")]
    held["line_item"] = [line for one in held["invoice"] for line in one["lines"]["data"]]
    held["plan"] = [item["plan"] for item in held["subscription_item"]]
    return held


async def test_every_object_fits_the_librarys_classes(
    api: V1Services, server: StripeServer
) -> None:
    await _everything(api, server)
    held = _held(server)
    missing = CLASSES.keys() - held.keys() - {"item"}
    assert not missing, f"nothing was made of: {missing}"
    found = {p for kind, things in held.items() for one in things
             for p in problems(one, CLASSES[kind], kind)}  # fmt: skip
    assert not found, "\n".join(sorted(found)[:40])


async def test_objects_have_the_samples_fields_where_the_library_has_them(
    api: V1Services, server: StripeServer
) -> None:
    await _everything(api, server)
    wrong: set[str] = set()
    for kind, things in _held(server).items():
        for one in things:
            wrong |= _unlike(one, SAMPLES[kind], kind)
    assert not wrong, "\n".join(sorted(wrong))


def _unlike(ours: dict[str, Any], sample: dict[str, Any], kind: str) -> set[str]:
    """Fields that Stripe's sample has and ours has not, or has in another form."""
    known = fields(CLASSES[kind])
    left_out = ON_REQUEST.get(kind, frozenset())
    wrong = set()
    for name, value in sample.items():
        if name not in known or name in left_out:
            continue
        if name not in ours:
            if kind != "payment_method" and (kind, name) not in OF_CONNECT:
                wrong.add(f"{kind}.{name} is missing")
        elif None not in (value, ours[name]) and _form(value) != _form(ours[name]):
            wrong.add(f"{kind}.{name}: {_form(ours[name])}, Stripe's is {_form(value)}")
    return wrong


OF_CONNECT = {("event", "account"), ("event", "context")}
"""Only there for connected accounts."""


def _form(value: Any) -> str:
    return {"bool": "bool", "int": "number", "float": "number"}.get(
        type(value).__name__, type(value).__name__
    )


def test_what_only_the_samples_have_is_known() -> None:
    gone = {f"{kind}.{name}" for kind, sample in SAMPLES.items() for name in sample
            if name not in fields(CLASSES[kind])}  # fmt: skip
    assert gone <= SAMPLES_ONLY, gone - SAMPLES_ONLY


SAMPLES_ONLY: set[str] = {"invoice.subscription"}
"""Fields that the samples still have and the pinned library no longer has."""


@pytest.mark.parametrize("kind", sorted(DEMANDED))
async def test_what_is_left_out_comes_on_request(
    api: V1Services, server: StripeServer, kind: str
) -> None:
    await _everything(api, server)
    things: dict[str, Any] = {
        "account": api.accounts, "charge": api.charges, "customer": api.customers,
        "invoice": api.invoices, "checkout.session": api.checkout.sessions}  # fmt: skip
    if kind == "account":
        assert (await api.accounts.retrieve_current_async()).settings
        return
    listed = await things[kind].list_async({"expand": [f"data.{f}" for f in DEMANDED[kind]]})
    plain = await things[kind].list_async()
    for name in DEMANDED[kind]:
        assert name in listed.data[0].to_dict()
        assert name not in plain.data[0].to_dict()
    assert isinstance(listed, stripe.ListObject)
