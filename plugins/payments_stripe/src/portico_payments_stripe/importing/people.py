"""Customers, and who is behind what they have bought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from portico.api import N_, Context, PastCustomer, PastMethod

from portico_payments_stripe import queries as plugin_queries
from portico_payments_stripe.importing.models import Import, Kind, Record
from portico_payments_stripe.importing.steps import PAGE, record
from portico_payments_stripe.reports import method_report
from portico_payments_stripe.values import moment, whole

if TYPE_CHECKING:
    from stripe import PaymentMethod
    from stripe.params import CustomerListParams

NOBODY = N_("Its customer has no e-mail address, or was deleted at Stripe.")
_LANGUAGES = ("de", "en")


CUSTOMERS: CustomerListParams = {
    "limit": PAGE,
    "expand": ["data.invoice_settings.default_payment_method"],
}
"""With the method that each pays with; those that were deleted are not listed."""


async def take_customers(ctx: Context, run: Import, customers: Sequence[Any]) -> list[Record]:
    """People by their addresses, with every customer that Stripe knows them by."""
    taken = await ctx.past.add_customers(
        [
            PastCustomer(
                one.id, one.email or "", one.name or "", moment(one.created),
                locale=_language(one.preferred_locales),
            )
            for one in customers
        ]
    )  # fmt: skip
    await ctx.db.run_many(
        plugin_queries.ADD_CUSTOMER,
        [
            {
                "store_id": run.store_id, "mode": run.mode, "id": stripe_id,
                "customer_id": person, "created_at": ctx.now(),
            }
            for stripe_id, person in taken.ids.items()
        ],
    )  # fmt: skip
    methods = []
    for one in customers:
        settings = one.invoice_settings
        method = whole(settings.default_payment_method) if settings is not None else None
        if method is not None and one.id in taken.ids:
            methods.append(past_method(run, method, taken.ids[one.id], method.id))
    await ctx.past.add_methods(methods)
    return [
        record(
            run, Kind.CUSTOMER, one, one.id if one.id in taken.ids else None,
            why=taken.refused.get(one.id, ""),
        )
        for one in customers
    ]  # fmt: skip


def _language(locales: Sequence[str] | None) -> str | None:
    for one in locales or ():
        if (language := one[:2].lower()) in _LANGUAGES:
            return language
    return None


def past_method(
    run: Import, method: PaymentMethod, customer_id: str, default: str | None
) -> PastMethod:
    """A payment method of a person's; ``default`` is the one they pay with where none is named."""
    told = method_report(method, default)
    return PastMethod(
        ref=told.provider_ref,
        customer_id=customer_id,
        mode=run.mode,
        type=told.type,
        brand=told.brand,
        last4=told.last4,
        exp_month=told.exp_month,
        exp_year=told.exp_year,
        is_default=told.is_default,
        created_at=moment(method.created),
    )


class Payer(NamedTuple):
    """Who has paid, as far as Stripe tells: a customer of its, or an address, or both."""

    customer: str | None
    email: str | None
    name: str | None
    created: int

    @property
    def key(self) -> str:
        """One for each person on a page."""
        return self.customer or f"guest:{(self.email or '').lower()}"


async def people_of(ctx: Context, payers: Iterable[Payer]) -> dict[str, str]:
    """The people behind payers, by their keys; made of an address where nobody is known yet.

    Guests have no customer at Stripe, and of a customer who was deleted the invoices still know
    the address.
    """
    every = {one.key: one for one in payers}
    ids = [one.customer for one in every.values() if one.customer is not None]
    known = dict(await ctx.past.customers(ids))
    taken = await ctx.past.add_customers(
        [
            PastCustomer(
                key, one.email, one.name or "", moment(one.created), known=one.customer is not None
            )
            for key, one in every.items()
            if key not in known and one.email
        ]
    )
    return known | dict(taken.ids)
