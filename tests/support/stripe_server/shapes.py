"""Objects with every field that the library's resource classes declare.

A new object starts as its class says: null where a field may be null, an empty list, an empty
mapping; whoever makes the object fills in the rest.
"""

import json
import types
import typing
from decimal import Decimal
from functools import cache
from typing import Any, ForwardRef, Literal, Union

import stripe
from stripe import StripeObject

from tests.support.stripe_server.errors import Json

CLASSES: dict[str, type[StripeObject]] = {
    "account": stripe.Account,
    "balance_transaction": stripe.BalanceTransaction,
    "billing_portal.configuration": stripe.billing_portal.Configuration,
    "billing_portal.session": stripe.billing_portal.Session,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "coupon": stripe.Coupon,
    "customer": stripe.Customer,
    "customer_balance_transaction": stripe.CustomerBalanceTransaction,
    "discount": stripe.Discount,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "invoiceitem": stripe.InvoiceItem,
    "item": stripe.LineItem,
    "line_item": stripe.InvoiceLineItem,
    "payment_intent": stripe.PaymentIntent,
    "payment_link": stripe.PaymentLink,
    "payment_method": stripe.PaymentMethod,
    "plan": stripe.Plan,
    "price": stripe.Price,
    "product": stripe.Product,
    "promotion_code": stripe.PromotionCode,
    "refund": stripe.Refund,
    "setup_intent": stripe.SetupIntent,
    "subscription": stripe.Subscription,
    "subscription_item": stripe.SubscriptionItem,
    "subscription_schedule": stripe.SubscriptionSchedule,
    "tax_id": stripe.TaxId,
    "tax_rate": stripe.TaxRate,
    "test_helpers.test_clock": stripe.test_helpers.TestClock,
    "webhook_endpoint": stripe.WebhookEndpoint,
}

ON_REQUEST: dict[str, frozenset[str]] = {
    "charge": frozenset({"refunds"}),
    "checkout.session": frozenset({"line_items"}),
    "coupon": frozenset({"applies_to", "currency_options"}),
    "customer": frozenset({"cash_balance", "invoice_credit_balance", "sources", "subscriptions",
                           "tax", "tax_ids"}),
    "invoice": frozenset({"confirmation_secret", "payments"}),
    "payment_link": frozenset({"line_items"}),
    "price": frozenset({"currency_options", "tiers"}),
    "webhook_endpoint": frozenset({"secret"}),
}  # fmt: skip
"""Fields that Stripe leaves out until they are asked for with ``expand``, or at creation."""

PAYMENT_METHOD_KINDS = "payment_method"


def fields(cls: type[StripeObject]) -> dict[str, Any]:
    """The fields a resource class declares, with their types as far as they are at hand."""
    return {
        name: note for name, note in vars(cls).get("__annotations__", {}).items()
        if typing.get_origin(note) is not typing.ClassVar and not name.startswith("_")
    }  # fmt: skip


def is_optional(note: Any) -> bool:
    """Whether a field may be null."""
    return typing.get_origin(note) in (Union, types.UnionType) and type(None) in typing.get_args(
        note
    )


@cache
def _blank(name: str) -> str:
    cls = CLASSES[name]
    left_out = ON_REQUEST.get(name, frozenset()) | {"deleted"}
    shown = {n: note for n, note in fields(cls).items() if n not in left_out}
    if name == "payment_method":  # of its kinds a method has its own only
        shown = {n: note for n, note in shown.items() if not (is_optional(note) and _is_kind(note))}
    return json.dumps({n: _empty(note) for n, note in shown.items()})


def _is_kind(note: Any) -> bool:
    inner = [part for part in typing.get_args(note) if part is not type(None)]
    return len(inner) == 1 and isinstance(inner[0], type) and issubclass(inner[0], StripeObject)


def _empty(note: Any) -> Any:
    if isinstance(note, type) and issubclass(note, StripeObject):
        return {n: _empty(inner) for n, inner in fields(note).items()}
    plain: dict[Any, Any] = {int: 0, bool: False, str: "", float: 0.0, Decimal: "0"}
    if note in plain:
        return plain[note]
    origin = typing.get_origin(note)
    if origin is Literal:
        return typing.get_args(note)[0]
    if origin is list:
        return []
    if origin is not None and getattr(origin, "__name__", "") == "ListObject":
        return {"object": "list", "data": [], "has_more": False, "url": ""}
    if origin in (Union, types.UnionType):
        return None if is_optional(note) else ""
    if isinstance(note, str | ForwardRef):
        return None
    return {}


def echo(name: str, params: Json, *but: str) -> Json:
    """The parameters that an object of this kind shows again, in the fields' own form.

    ``but``: those which mean something else than the field of their name.
    """
    known = fields(CLASSES[name])
    return {
        key: _shaped(known[key], value) for key, value in params.items()
        if key in known and key not in but and key not in ON_REQUEST.get(name, ())
    }  # fmt: skip


def _shaped(note: Any, value: Any) -> Any:
    """A parameter as a field: an empty string is null, an object has all its fields."""
    if value == "":
        return None
    if is_optional(note):
        note = next(part for part in typing.get_args(note) if part is not type(None))
    if isinstance(value, dict) and isinstance(note, type) and issubclass(note, StripeObject):
        inner = fields(note)
        given = {key: _shaped(inner[key], one) for key, one in value.items() if key in inner}
        return _empty(note) | given
    if isinstance(value, list) and typing.get_origin(note) is list:
        return [_shaped(typing.get_args(note)[0], one) for one in value]
    return value


def new(name: str, /, **values: Any) -> Json:
    """An object of this kind with these values.

    :raises KeyError: for a field that the library's class does not have.
    """
    made: Json = json.loads(_blank(name))
    allowed = made.keys() | ON_REQUEST.get(name, frozenset())
    for key in values:
        if key not in allowed and not (name == "payment_method" and key in fields(CLASSES[name])):
            raise KeyError(f"{name} has no field {key}")
    made.update(values)
    return made
