"""Withdrawals: whose they are, until when there is time, and what follows from one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portico.api import (
    ConflictError,
    Context,
    Customer,
    DropMail,
    Email,
    Lane,
    Order,
    OrderItem,
    OrderKind,
    format_datetime,
)

from portico_withdrawal_eu import queries, words
from portico_withdrawal_eu.settings import WithdrawalSettings
from portico_withdrawal_eu.tables import Statement

ACKNOWLEDGEMENT = "withdrawal_eu.acknowledgement"
TASK = "withdrawal_eu.task"
PAGE = "withdraw"
SELLERS_PAGE = "statements"


@dataclass(frozen=True, slots=True)
class Draft:
    """What the consumer has filled in. ``id`` makes submitting it twice one statement."""

    id: str
    name: str
    number: str
    email: str
    part: str


@dataclass(frozen=True, slots=True)
class Contract:
    """A purchase that can be withdrawn from."""

    order: Order
    what: str
    ends_at: datetime
    statement: Statement | None


def ends_at(ctx: Context, order: Order) -> datetime:
    """The end of the period: of the last of so many days after the one of the purchase."""
    zone = ZoneInfo(ctx.require_store().timezone)
    day = (order.paid_at or order.created_at).astimezone(zone).date()
    days = ctx.settings(WithdrawalSettings).days
    return datetime.combine(day + timedelta(days=days + 1), time(), zone).astimezone(UTC)


async def contracts(ctx: Context, customer: Customer) -> list[Contract]:
    """The customer's purchases whose period has not ended, the newest first."""
    made = await ctx.db.all(
        queries.OF_CUSTOMER, store_id=customer.store_id, customer_id=customer.id
    )
    by_order = {one.order_id: one for one in reversed(made)}
    found = []
    for order in await ctx.orders.of_customer(customer.id):
        until = ends_at(ctx, order)
        if order.kind is OrderKind.PURCHASE and until > ctx.now():
            what = named(await ctx.orders.items(order.id))
            found.append(Contract(order, what, until, by_order.get(order.id)))
    return found


def named(items: Sequence[OrderItem]) -> str:
    """What an order was for, in a line."""
    return ", ".join(
        f"{item.quantity} × {item.description}" if item.quantity > 1 else item.description
        for item in items
    )


async def find(ctx: Context, number: str, email: str) -> tuple[Order, Customer] | None:
    """The order with this number if this address bought it. Both are looked up in any case, so
    that the time it takes does not tell which was wrong."""
    order = await ctx.orders.by_number(int(number))
    customer = await ctx.customers.by_email(email)
    if order is None or customer is None or order.customer_id != customer.id:
        return None
    return order, customer


async def submit(ctx: Context, draft: Draft) -> Statement:
    """Keep the statement and queue both mails, in one transaction.

    The same for an order that is not there: its mails are dropped when they are due.
    """
    store = ctx.require_store()
    found = await find(ctx, draft.number, draft.email)
    order, customer = found or (None, None)
    made = Statement(
        id=draft.id, store_id=store.id, mode=str(order.mode if order else ctx.mode),
        order_number=draft.number, order_id=order.id if order else None,
        customer_id=customer.id if customer else None, name=draft.name, email=draft.email,
        part=draft.part, locale=ctx.locale,
        statement=words.statement(ctx.locale, store.name, draft.number),
        submitted_at=ctx.now(), period_ends_at=ends_at(ctx, order) if order else None,
        handled_at=None, handled_by=None, note="",
    )  # fmt: skip
    try:
        async with ctx.db.transaction():
            await ctx.db.run(
                queries.ADD, **{name: getattr(made, name) for name in Statement.__slots__}
            )
            await _queue(ctx, made)
    except ConflictError:
        before = await ctx.db.one(queries.BY_ID, store_id=store.id, id=draft.id)
        if before is None or before.email != draft.email:
            raise
        return before
    return made


async def _queue(ctx: Context, made: Statement) -> None:
    store = ctx.require_store()
    params = {"statement_id": made.id}
    await ctx.mail.queue(
        ACKNOWLEDGEMENT, made.email, params=params, locale=made.locale,
        customer_id=made.customer_id, lane=Lane.INTERACTIVE, key=f"acknowledgement:{made.id}",
    )  # fmt: skip
    if store.support_email:
        await ctx.mail.queue(
            TASK, store.support_email, params=params, locale=store.locale, key=f"task:{made.id}"
        )


async def mail_values(ctx: Context, email: Email) -> Mapping[str, str]:
    """What the two mails say. DropMail where nobody with this address has bought it: we write to
    no address that somebody typed."""
    store = ctx.require_store()
    made = await ctx.db.one(queries.BY_ID, store_id=store.id, id=str(email.params["statement_id"]))
    if made is None or made.order_id is None:
        raise DropMail
    values = {
        "name": made.name, "email": made.email, "order": made.order_number, "part": made.part,
        "statement": made.statement,
        "what": named(await ctx.orders.items(made.order_id)),
        "submitted": format_datetime(made.submitted_at, email.locale, store.timezone),
        "digital": "yes" if ctx.settings(WithdrawalSettings).digital else "",
        "url": ctx.urls.dashboard(f"{store.slug}/x/withdrawal_eu/{SELLERS_PAGE}"),
    }  # fmt: skip
    return {f"withdrawal_eu.{name}": value for name, value in values.items()}
