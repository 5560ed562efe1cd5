"""Charges that a customer's bank takes back: the seller is told, and access follows their rule."""

from portico.activation import service as activation
from portico.entitlements import service as entitlements
from portico.entitlements.models import Grant
from portico.hooks.checkout import DisputeReport, DisputeState
from portico.orders import queries
from portico.runtime import Runtime
from portico.stores.models import Store


async def apply_dispute(
    rt: Runtime, store: Store, provider: str, report: DisputeReport, customer_id: str
) -> None:
    """Write down a dispute as its provider has it now.

    Inside the transaction of ``orders.reports``, under the customer's lock.
    """
    await _tell(rt, store, provider, report)
    by = f"plugin:{provider}:{report.provider_ref}"
    in_force = await entitlements.decided_by(rt, store, customer_id, by)
    if report.withdraw_access and report.state is not DisputeState.WON:
        await _withdraw(rt, store, provider, report, customer_id, by, in_force)
        return
    for grant in in_force:
        await entitlements.revoke(rt, store, grant.id, by=by)


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
    rt: Runtime, store: Store, provider: str, report: DisputeReport, customer_id: str, by: str,
    in_force: list[Grant],
) -> None:  # fmt: skip
    payment = await rt.db.one(
        queries.PAYMENT_BY_REF, store_id=store.id, provider=provider,
        provider_ref=report.payment_ref,
    )  # fmt: skip
    if payment is None:
        return
    items = await rt.db.all(queries.ITEMS, store_id=store.id, order_id=payment.order_id)
    missing = {item.product_id for item in items} - {grant.product_id for grant in in_force}
    for product_id in sorted(missing):
        await entitlements.withdraw(
            rt, store, customer_id, product_id, reason=f"Disputed: {report.provider_ref}", by=by
        )
