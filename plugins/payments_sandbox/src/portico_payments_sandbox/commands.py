"""``portico payments_sandbox``: make things happen as they would at a real provider."""

from typing import Annotated, NoReturn

import typer
from portico.api import Context, DisputeState, Refused, new_id, run_in_store

from portico_payments_sandbox import billing, ledger, queries

app = typer.Typer(help="The payments sandbox: renewals, failures, refunds.", no_args_is_help=True)
_NAME = "payments_sandbox"
_Store = Annotated[str, typer.Option("--store", help="The store's short name.")]
_Subscription = Annotated[
    str, typer.Argument(help="A subscription: sub_... (core's id) or sbs_... (the sandbox's).")
]


@app.command("list")
def list_subscriptions(store: _Store) -> None:
    """List the sandbox's subscriptions."""

    async def work(ctx: Context) -> None:
        store_id = ctx.require_store().id
        for one in await ctx.db.all(queries.SUBSCRIPTIONS, store_id=store_id, limit=1000):
            due = one.next_attempt_at.isoformat(timespec="minutes") if one.next_attempt_at else "-"
            typer.echo(f"{one.id}  {one.status:<9}  {due}  {one.description}")

    run_in_store(_NAME, store, work)


@app.command("renew")
def renew(subscription: _Subscription, store: _Store) -> None:
    """Charge the next period (or what is owed) now."""

    async def work(ctx: Context) -> None:
        found = await _ref(ctx, subscription)
        if not await billing.renew_now(ctx, found):
            _fail(f"{subscription} has ended.")
        after = await ledger.get_subscription(ctx, found)
        typer.echo(f"{found} is {after.status if after else 'gone'}.")

    run_in_store(_NAME, store, work)


@app.command("fail")
def fail(subscription: _Subscription, store: _Store) -> None:
    """Let the next renewal fail, whatever the card."""

    async def work(ctx: Context) -> None:
        found = await _ref(ctx, subscription)
        if not await billing.fail_next(ctx, found):
            _fail(f"{subscription} has ended.")
        typer.echo(f"The next renewal of {found} will fail.")

    run_in_store(_NAME, store, work)


@app.command("due")
def due(store: _Store) -> None:
    """Charge what is due now, as the worker does every minute."""

    async def work(ctx: Context) -> None:
        typer.echo(f"{await billing.renew_due(ctx)} subscriptions were due.")

    run_in_store(_NAME, store, work)


@app.command("refund")
def refund(
    payment: Annotated[str, typer.Argument(help="A payment: sbk_... or sbp_...")],
    store: _Store,
    amount: Annotated[
        int | None, typer.Option(help="Minor units, such as cents; by default all of it.")
    ] = None,
) -> None:
    """Pay back as if it were done at the provider and not in the portal."""

    async def work(ctx: Context) -> None:
        found = await ledger.get_payment(ctx, payment)
        if found is None:
            _fail(f"The sandbox has no payment {payment}.")
        wanted = found.amount if amount is None else amount
        try:
            made = await ledger.give_back(ctx, payment, wanted, None, new_id("key"))
        except Refused as error:
            _fail(error.message)
        typer.echo(f"{made.id}: {made.amount} {made.currency} (minor units) went back.")

    run_in_store(_NAME, store, work)


@app.command("dispute")
def dispute(
    payment: Annotated[str, typer.Argument(help="A payment: sbk_... or sbp_...")],
    store: _Store,
    reason: Annotated[str, typer.Option(help="A word of the bank's.")] = "fraudulent",
) -> None:
    """Let the customer's bank take a payment back."""

    async def work(ctx: Context) -> None:
        try:
            made = await ledger.dispute(ctx, payment, reason)
        except Refused as error:
            _fail(error.message)
        typer.echo(f"{made.id}: {made.amount} {made.currency} (minor units) are disputed.")

    run_in_store(_NAME, store, work)


@app.command("close-dispute")
def close_dispute(
    dispute: Annotated[str, typer.Argument(help="A dispute: sbd_...")],
    store: _Store,
    lost: Annotated[bool, typer.Option("--lost", help="The customer keeps the money.")] = False,
) -> None:
    """Decide a dispute: won, or with --lost lost."""

    async def work(ctx: Context) -> None:
        state = DisputeState.LOST if lost else DisputeState.WON
        if not await ledger.close_dispute(ctx, dispute, state):
            _fail(f"The sandbox has no dispute {dispute}.")
        typer.echo(f"{dispute} is {state}.")

    run_in_store(_NAME, store, work)


@app.command("schedule")
def schedule(subscription: _Subscription, store: _Store) -> None:
    """Put a subscription under a schedule, or end that: its customer can change nothing."""

    async def work(ctx: Context) -> None:
        found = await _ref(ctx, subscription)
        scheduled = await billing.schedule(ctx, found)
        typer.echo(f"{found} {'follows a schedule' if scheduled else 'follows none'}.")

    run_in_store(_NAME, store, work)


async def _ref(ctx: Context, subscription: str) -> str:
    """What the sandbox calls a subscription."""
    known = await ctx.subscriptions.get(subscription)
    found = known.provider_ref if known is not None and known.provider_ref else subscription
    if await ledger.get_subscription(ctx, found) is None:
        _fail(f"The sandbox has no subscription {subscription}.")
    return found


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
