"""Charges that a customer's bank takes back: the seller is told, and access follows their rule."""

from portico.activation import service as activation
from portico.entitlements import service as entitlements
from portico.entitlements.models import Grant
from portico.events import service as events
from portico.figures import days
from portico.hooks.checkout import DisputeReport
from portico.ids import new_id
from portico.orders import queries
from portico.orders.models import Dispute, DisputeState, Payment
from portico.runtime import Runtime
from portico.stores.models import PortalSettings, Store


async def apply_dispute(
    rt: Runtime, store: Store, provider: str, report: DisputeReport, customer_id: str
) -> None:
    """Write down a dispute as its provider has it now.

    Inside the transaction of ``orders.reports``, under the customer's lock.
    """
    payment = await rt.db.one(
        queries.PAYMENT_BY_REF,
        store_id=store.id,
        provider=provider,
        provider_ref=report.payment_ref,
    )
    if payment is None:
        return
    await _keep(rt, store, report, payment, customer_id)
    await _tell(rt, store, provider, report)
    by = f"plugin:{provider}:{report.provider_ref}"
    in_force = await entitlements.decided_by(rt, store, customer_id, by)
    rule = PortalSettings.of(store).withdraw_access_while_disputed
    if (report.withdraw_access or rule) and report.state is not DisputeState.WON:
        await _withdraw(rt, store, payment, report, customer_id, by, in_force)
        return
    for grant in in_force:
        await entitlements.revoke(rt, store, grant.id, by=by)


async def _keep(
    rt: Runtime, store: Store, report: DisputeReport, payment: Payment, customer_id: str
) -> None:
    """The dispute on the order's page, and in the log where it is in another state than before."""
    about = {"store_id": store.id, "provider": payment.provider}
    known = await rt.db.one(queries.DISPUTE_BY_REF, provider_ref=report.provider_ref, **about)
    await rt.db.run(
        queries.KEEP_DISPUTE,
        **about,
        id=new_id("dsp"),
        order_id=payment.order_id,
        payment_id=payment.id,
        mode=payment.mode,
        provider_ref=report.provider_ref,
        state=report.state,
        amount=report.amount,
        currency=report.currency.upper(),
        reason=report.reason,
        due_by=report.due_by,
        opened_at=report.at,
        updated_at=rt.clock.now(),
    )
    if _lost(known) != _lost(report):
        # What a bank has taken back is no longer among the sales of the day it was paid.
        order = await rt.db.one(queries.ORDER, store_id=store.id, id=payment.order_id)
        await days.changed(rt, store, payment.mode, order.paid_at if order is not None else None)
    if known is None or known.state is not report.state:
        await events.audit(
            rt,
            store_id=store.id,
            actor_type="plugin",
            actor_id=payment.provider,
            action=f"order.dispute_{report.state}",
            subject_type="order",
            subject_id=payment.order_id,
            data={"amount": report.amount, "currency": report.currency, "reason": report.reason},
            customer_id=customer_id,
        )


def _lost(dispute: Dispute | DisputeReport | None) -> int:
    return dispute.amount if dispute is not None and dispute.state is DisputeState.LOST else 0


async def _tell(rt: Runtime, store: Store, provider: str, report: DisputeReport) -> None:
    if report.state is not DisputeState.OPEN:
        await activation.resolve_finding(rt, store, "dispute", report.provider_ref)
        return
    message = (
        f"A customer disputes the payment {report.payment_ref}: {report.provider_ref}. "
        "Answer it at the payment provider in time."
    )
    await activation.report_finding(rt, store, provider, "dispute", report.provider_ref, message)


async def _withdraw(
    rt: Runtime, store: Store, payment: Payment, report: DisputeReport, customer_id: str, by: str,
    in_force: list[Grant],
) -> None:  # fmt: skip
    items = await rt.db.all(queries.ITEMS, store_id=store.id, order_id=payment.order_id)
    missing = {item.product_id for item in items} - {grant.product_id for grant in in_force}
    for product_id in sorted(missing):
        await entitlements.withdraw(
            rt, store, customer_id, product_id, reason=f"Disputed: {report.provider_ref}", by=by
        )
