"""Sending a customer once more what an order's mail says."""

from portico.actors import actor
from portico.customers import service as customers
from portico.emails import service as emails
from portico.emails.models import EmailKind
from portico.events import service as events
from portico.hooks.errors import Refused
from portico.i18n import N_
from portico.orders import queries
from portico.orders.models import OrderKind, OrderState
from portico.runtime import Runtime
from portico.stores.models import Store

_UNPAID = N_("This order has not been paid, so there is nothing to confirm.")


async def resend_confirmation(rt: Runtime, store: Store, order_id: str, *, by: str) -> str:
    """Mail the confirmation (of a renewal the receipt) again; returns the address.

    It goes to the customer's address of today. LookupError where there is no such order, Refused
    for one that was never paid.
    """
    async with rt.db.transaction():
        order = await rt.db.one(queries.ORDER, store_id=store.id, id=order_id)
        if order is None:
            raise LookupError("there is no such order")
        if order.state in (OrderState.PENDING, OrderState.FAILED):
            raise Refused(_UNPAID)
        customer = await customers.by_id(rt, store.id, order.customer_id)
        assert customer is not None  # a foreign key says so
        is_renewal = order.kind is not OrderKind.PURCHASE
        await emails.queue(
            rt, store, EmailKind.RENEWAL_RECEIPT if is_renewal else EmailKind.CONFIRMATION,
            customer.email, params={"order_id": order.id}, locale=customer.locale or order.locale,
            customer_id=customer.id, order_id=order.id,
        )  # fmt: skip
        kind, actor_id = actor(by)
        await events.audit(
            rt, store_id=store.id, actor_type=kind, actor_id=actor_id, action="order.resend",
            subject_type="order", subject_id=order.id,
        )  # fmt: skip
    return customer.email
