"""Invoices of payment providers. Amounts are integers in minor units."""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from portico.stores.models import Mode


class InvoiceState(StrEnum):
    """As Stripe's ``invoice.status``; a draft is nobody's business yet."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice that a provider made. ``number`` is the provider's, for people to read.

    ``order_id`` is set once core knows what was paid with it. ``hosted_url`` leads to the
    provider's page about it; the document itself is asked for with ``invoice_document``.
    """

    store_id: str
    id: str
    customer_id: str
    order_id: str | None
    subscription_id: str | None
    mode: Mode
    provider: str
    provider_ref: str
    number: str
    state: InvoiceState
    currency: str
    total: int
    amount_due: int
    hosted_url: str | None
    issued_at: datetime
    due_at: datetime | None
    paid_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """What a customer wants on invoices. ``country`` is an ISO 3166-1 code in capitals."""

    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    postal_code: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    vat_id: str = ""

    @classmethod
    def of(cls, billing: dict[str, Any]) -> Self:
        """The details of ``Customer.billing``."""
        return cls(**{one.name: str(billing.get(one.name) or "") for one in fields(cls)})

    def as_dict(self) -> dict[str, str]:
        """What ``Customer.billing`` keeps: what is filled in."""
        found = {one.name: str(getattr(self, one.name)) for one in fields(self)}
        return {name: value for name, value in found.items() if value}
