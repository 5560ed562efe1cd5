"""The seller's page: subscriptions of the sandbox, and buttons to make things happen."""

from portico.api import Answer, Context, Page, Request, SeeOther

from portico_payments_sandbox import billing, queries

_SHOWN = 100
_EVENTS = 20


async def subscriptions(ctx: Context, request: Request) -> Answer:
    """Subscriptions and the latest events; POST renews one now or lets its next renewal fail."""
    store = ctx.require_store()
    if request.method == "POST":
        subscription_id = request.form.get("subscription", "")
        if request.form.get("do") == "fail":
            await billing.fail_next(ctx, subscription_id)
        elif request.form.get("do") == "renew":
            await billing.renew_now(ctx, subscription_id)
        return SeeOther(ctx.urls.dashboard(f"{store.slug}/x/payments_sandbox/subscriptions"))
    return Page(
        "payments_sandbox/subscriptions.html",
        "Sandbox",
        {
            "subscriptions": await ctx.db.all(
                queries.SUBSCRIPTIONS, store_id=store.id, limit=_SHOWN
            ),
            "events": await ctx.db.all(queries.LATEST_EVENTS, store_id=store.id, limit=_EVENTS),
        },
    )
