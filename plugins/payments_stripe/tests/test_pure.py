"""What needs no Stripe: amounts, words, states, and that the library is the one we know."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any, ForwardRef

import portico_payments_stripe as plugin_package
import pytest
import stripe
from portico.api import InboundWebhook, PaymentMethodReport, Refused, SubscriptionStatus
from portico_payments_stripe import client, reports, webhooks, words
from portico_payments_stripe.values import from_stripe, to_stripe
from stripe import PaymentMethod, WebhookSignature
from stripe.params import WebhookEndpointCreateParams

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "at_stripe"),
    [(1999, "EUR", 1999), (1500, "JPY", 1500), (1500, "ISK", 150_000), (700, "UGX", 70_000),
     (12_300, "MGA", 123), (5000, "KWD", 5000)],
)  # fmt: skip
def test_amounts_as_stripe_counts_them(amount: int, currency: str, at_stripe: int) -> None:
    assert to_stripe(amount, currency) == at_stripe
    assert from_stripe(at_stripe, currency.lower()) == amount


def test_the_version_is_that_of_the_pinned_library() -> None:
    from stripe._api_version import _ApiVersion  # noqa: PLC0415

    assert _ApiVersion.CURRENT == client.API_VERSION


def literals(kind: Any, field: str) -> set[str]:
    """The words that the library's annotation of a field names."""
    annotation = kind.__annotations__[field]
    text = annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else repr(annotation)
    return set(re.findall(r"['\"]([a-z_.]+)['\"]", text))


def test_every_event_that_is_asked_for_exists() -> None:
    assert set(webhooks.EVENTS) <= literals(WebhookEndpointCreateParams, "enabled_events")
    assert len(set(webhooks.EVENTS)) == len(webhooks.EVENTS)


def test_every_state_that_the_library_knows_has_one_here() -> None:
    named = literals(stripe.Subscription, "status")
    assert len(named) >= 8
    assert named == set(reports.STATUSES)
    assert set(reports.STATUSES.values()) == set(SubscriptionStatus)


def method(**fields: object) -> PaymentMethodReport:
    values = {"id": "pm_1", "object": "payment_method", "customer": "cus_1"} | fields
    return reports.method_report(PaymentMethod.construct_from(values, "sk_test_x"), "pm_1")


def test_payment_methods_of_every_kind_can_be_told_apart() -> None:
    card = method(type="card", card={"brand": "visa", "last4": "4242", "exp_month": 2,
                                     "exp_year": 2030})  # fmt: skip
    assert (card.brand, card.last4, card.exp_year, card.is_default) == ("visa", "4242", 2030, True)
    debit = method(type="sepa_debit", sepa_debit={"last4": "3000", "bank_code": "370400440"})
    assert (debit.brand, debit.last4) == ("sepa_debit", "3000")
    account = method(type="us_bank_account", us_bank_account={"bank_name": "BANK", "last4": "67"})
    assert (account.brand, account.last4) == ("BANK", "67")
    link = method(type="link", link={"email": "a@example.com"}, customer=None)
    assert (link.brand, link.last4, link.detached) == ("link", "", True)


def test_the_banks_reason_counts_before_stripes() -> None:
    assert "not enough money" in words.why("card_declined", "insufficient_funds")
    assert words.why("card_declined", "do_not_honor") == words.DECLINED
    assert words.why("authentication_required") == words.CONFIRM
    assert words.why(None) == words.DECLINED


@pytest.mark.parametrize(
    ("thing", "kind", "ref"),
    [
        ({"object": "invoice", "id": "in_1", "parent": {
            "subscription_details": {"subscription": "sub_1"}}}, "subscription", "sub_1"),
        ({"object": "invoice", "id": "in_1", "parent": None}, "payment", "in_1"),
        ({"object": "subscription", "id": "sub_1"}, "subscription", "sub_1"),
        ({"object": "payment_method", "id": "pm_1", "customer": "cus_1"}, "customer", "cus_1"),
        ({"object": "payment_method", "id": "pm_1", "customer": None}, "payment_method", "pm_1"),
    ],
)  # fmt: skip
def test_events_of_one_cause_name_one_thing(thing: dict[str, Any], kind: str, ref: str) -> None:
    (hint,) = webhooks.hints({"id": "evt_1", "livemode": False, "data": {"object": thing}})
    assert (hint.kind, hint.provider_ref, hint.event_id) == (f"test:{kind}", ref, "evt_1")


# Signatures; more of them, through a whole core, in the product's own tests


def signed(body: bytes, header: str) -> InboundWebhook:
    return InboundWebhook({webhooks.HEADER: header}, body, "192.0.2.1")


def test_what_the_library_signs_is_taken() -> None:
    body = '{"id": "evt_1", "name": "Zoë"}'
    header = WebhookSignature.generate_signature_header(body, "whsec_a", int(NOW.timestamp()))
    webhooks.verify(["whsec_b", "whsec_a"], signed(body.encode(), header), NOW)
    with pytest.raises(Refused):
        webhooks.verify(["whsec_b"], signed(body.encode(), header), NOW)
    with pytest.raises(Refused):
        webhooks.verify([], signed(body.encode(), header), NOW)


@pytest.mark.parametrize("header", ["", "t=1", "v1=ab", "t=x,v1=ab", "t=1,t=1,v1=ab", "t=1;v1=a"])
def test_a_header_that_cannot_be_read_is_refused(header: str) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        webhooks.verify(["whsec_a"], signed(b"{}", header), NOW)


def test_the_plugin_alone_loads_nothing_of_the_library() -> None:
    """It takes most of a second and 14 MB, which stores without Stripe need not pay for."""
    name = plugin_package.__name__
    code = f"import sys, {name}; sys.exit('stripe' in sys.modules or 'httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
