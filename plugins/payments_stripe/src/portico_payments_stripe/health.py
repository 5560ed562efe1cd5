"""Whether all is well with Stripe: for the health check, the dashboard and the portal."""

from __future__ import annotations

from portico.api import Context, HealthCheck, HealthReport, Mode, Panel, PanelSlot, RetryLater

from portico_payments_stripe import accounts, connecting, polling
from portico_payments_stripe.client import Trouble
from portico_payments_stripe.settings import StripeSettings

_TELLS = frozenset({"overview", "purchase", "subscription", "billing"})
"""Pages of the portal that show what Stripe knows better."""


async def check(ctx: Context, check: HealthCheck) -> list[HealthReport]:
    """The key of the store's mode, Stripe's answer, and how events come."""
    if ctx.store is None:
        return []
    account = await accounts.get(ctx, ctx.mode)
    if account is None or not ctx.settings(StripeSettings).key(ctx.mode):
        fix = f"Enter a key for {ctx.mode.value} mode in the settings of the plugin Stripe."
        return [HealthReport("Stripe", False, fix)]
    found = [await _answers(ctx, account.problem, deep=check.deep)]
    if account.failing_since is not None:
        found.append(
            HealthReport(
                "Stripe answers", False,
                f"It has not since {account.failing_since:%Y-%m-%d %H:%M} UTC; it is tried again "
                "every minute. See https://status.stripe.com.",
            )
        )  # fmt: skip
    if connecting.is_public(ctx.urls.webhook()) and await connecting.polls(ctx, ctx.mode):
        fix = "Make the webhook endpoint on the dashboard's page Stripe."
        found.append(HealthReport("Stripe's webhooks", False, fix))
    return found


async def _answers(ctx: Context, problem: str | None, *, deep: bool) -> HealthReport:
    if problem is None and deep:
        try:
            await polling.probe(ctx, ctx.mode)
        except Trouble as trouble:
            problem = trouble.problem
        except RetryLater as error:
            problem = str(error)
    return HealthReport("Stripe's key", problem is None, problem or "")


async def portal_panels(ctx: Context, slot: PanelSlot) -> list[Panel]:
    """While Stripe does not answer: that what is shown is what was known last."""
    if slot.page not in _TELLS:
        return []
    account = await accounts.get(ctx, ctx.mode)
    if account is None or account.failing_since is None:
        return []
    return [Panel("payments_stripe/unreachable.html", {"since": account.failing_since}, weight=1)]


async def dashboard_panels(ctx: Context, slot: PanelSlot) -> list[Panel]:
    """What the seller has to mend, on the dashboard's first page."""
    if slot.page != "home":
        return []
    problems = []
    for mode in Mode:
        account = await accounts.get(ctx, mode)
        if account is not None and account.problem is not None:
            problems.append(account.problem)
    if not problems:
        return []
    url = ctx.urls.dashboard(f"{ctx.require_store().slug}/x/payments_stripe/account")
    return [Panel("payments_stripe/problem.html", {"problem": problems[0], "url": url}, weight=1)]
