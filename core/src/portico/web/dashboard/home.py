"""A store's first page: what is left to set up, its figures, what needs attention."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import structlog
from markupsafe import Markup
from quart import Blueprint, Response, request

from portico.figures import service as figures
from portico.figures.models import Figures, Period, Span
from portico.hooks.dashboard import DashboardHooks
from portico.hooks.order import as_shown
from portico.hooks.pages import PanelSlot
from portico.i18n import N_, format_date, format_money, format_month, format_number
from portico.orders import service as orders
from portico.sellers.models import Permission
from portico.stores import service as stores
from portico.stores.models import Mode
from portico.web.dashboard import attention, charts, set_up
from portico.web.dashboard.charts import Chart
from portico.web.dashboard.frame import page
from portico.web.dashboard.here import Here, here, store_view
from portico.web.dashboard.lists import ListFilter, filter_of, url_with
from portico.web.http import csrf_token, form, lead_to

blueprint = Blueprint("home", __name__)

LATEST = 5
SPANS = {
    Span.WEEK: N_("7 days"), Span.MONTH: N_("30 days"), Span.QUARTER: N_("90 days"),
    Span.YEAR: N_("12 months"),
}  # fmt: skip
_log = structlog.get_logger(__name__)


class HomeFilter(ListFilter):
    """The period that figures are shown for."""

    period: Span = Span.MONTH


@blueprint.get("/")
@store_view(Permission.VIEW)
async def show() -> Response:
    """What is left to set up, figures, what needs attention, the latest orders."""
    at = here()
    wanted = filter_of(HomeFilter, request.args)
    period = Period.of(wanted.period, at.rt.clock.now(), at.store.timezone)
    found = await figures.of_store(at.rt, at.store, period)
    told, panels = await _panels(at)
    context = {
        "steps": await _steps(at),
        "spans": {
            at.say(words): (url_with(wanted, period=span), span is wanted.period)
            for span, words in SPANS.items()
        },
        "figures": found,
        "drawn": _charts(at, period, found),
        "problems": await attention.of_store(at, frozenset(told)),
        "orders": await orders.latest(at.rt, at.store.id, at.store.mode, LATEST),
        "panels": panels,
    }
    return await page("dashboard/home/index.html", context)


async def _steps(at: Here) -> list[set_up.Step]:
    if at.store.mode is Mode.LIVE or at.store.settings.get("set_up") == "hidden":
        return []
    return set_up.steps(at, await figures.set_up(at.rt, at.store))


@blueprint.post("/set-up")
@store_view(Permission.EDIT_SETTINGS)
async def hide_set_up() -> Response:
    """Hide the list of what is left to set up, or show it again."""
    at = here()
    shown = (await form()).get("show") == "1"
    await stores.change_settings(
        at.rt, at.store.id, by=at.by, set_up="shown" if shown else "hidden"
    )
    return lead_to(at.path())


def _charts(at: Here, period: Period, found: Figures) -> dict[str, Chart]:
    """The charts by name; those of sales are named by their currency."""
    month_or_day = format_month if period.monthly else format_date
    steps = [(step, month_or_day(step, at.locale)) for step in period.steps()]
    number = _numbers(at.locale)

    def values(counted: Mapping[date, int]) -> list[tuple[str, int]]:
        return [(words, counted.get(step, 0)) for step, words in steps]

    drawn = {}
    for sold in found.sales:
        money = _money(sold.currency, at.locale)
        title = at.say(N_("Sales in %(currency)s"), currency=sold.currency)
        drawn[sold.currency] = charts.bars(
            f"sales-{sold.currency.lower()}", title,
            _summary(at, steps, money(sold.amounts.total)),
            values(sold.amounts.steps), money,
        )  # fmt: skip
    drawn["active"] = charts.line(
        "active", at.say(N_("Active subscriptions")), _summary(at, steps, number(found.active)),
        values(found.running), number,
    )  # fmt: skip
    drawn["sign_ins"] = charts.bars(
        "sign-ins", at.say(N_("Portal sign-ins")),
        _summary(at, steps, number(found.sign_ins.total)), values(found.sign_ins.steps), number,
    )  # fmt: skip
    drawn["downloads"] = charts.bars(
        "downloads", at.say(N_("Downloads")),
        _summary(at, steps, number(found.downloads.total)), values(found.downloads.steps), number,
    )  # fmt: skip
    return drawn


def _summary(at: Here, steps: list[tuple[date, str]], total: str) -> str:
    return at.say(
        N_("%(total)s, from %(first)s to %(last)s"),
        total=total, first=steps[0][1], last=steps[-1][1],
    )  # fmt: skip


def _money(currency: str, locale: str) -> Callable[[int], str]:
    return lambda amount: format_money(amount, currency, locale)


def _numbers(locale: str) -> Callable[[int], str]:
    return lambda number: format_number(number, locale)


async def _panels(at: Here) -> tuple[list[str], list[Markup]]:
    """Which plugins add to this page, and what. A panel that cannot be rendered is left out."""
    replies = await at.rt.hooks.each(
        at.store, DashboardHooks.dashboard_panels, PanelSlot("home", seller=at.seller),
        locale=at.locale,
    )  # fmt: skip
    told, drawn = list[str](), list[Markup]()
    for panel, plugin in as_shown(at.store, replies):
        values: dict[str, Any] = {
            **panel.context, "store": at.store, "at": at, "csrf_token": csrf_token(),
        }  # fmt: skip
        try:
            html = at.rt.themes.render(
                None, panel.template, at.locale, values, timezone=at.store.timezone
            )
        except Exception:
            # Whatever a plugin's template does wrong, the page is shown without it.
            _log.warning("panel_failed", plugin=plugin, template=panel.template, exc_info=True)
        else:
            told.append(plugin)
            drawn.append(Markup(html))  # noqa: S704  rendered with autoescape
    return told, drawn
