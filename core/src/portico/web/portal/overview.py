"""The first page after signing in."""

from datetime import datetime, timedelta

from quart import Blueprint, Response

from portico.library import service
from portico.library.models import LATEST, OverviewData
from portico.library.service import Shelf, access_deadline
from portico.sessions.models import Session
from portico.stores.models import PortalSettings
from portico.subscriptions.models import Subscription, SubscriptionStatus
from portico.web.http import loaded, loads, render, signed_in
from portico.web.portal.here import Here, here
from portico.web.portal.owing import OWING, confirmation_of
from portico.web.portal.pages import Alert, Download, OverviewPage
from portico.web.portal.views import purchase_views, shelf_of, subscription_row

blueprint = Blueprint("overview", __name__)

_NEWS = 5
_NEW_VISIT_AFTER = timedelta(minutes=30)


@blueprint.get("/")
@loads(service.overview_visit)
@signed_in
async def show() -> Response:
    """Alert, news, latest purchases, subscriptions."""
    return await render(await overview_page(here(), loaded()))


async def overview_page(at: Here, data: OverviewData | None) -> OverviewPage:
    """What to show."""
    data = data or await service.overview(at.rt, at.store, at.customer.id)
    shelf = await shelf_of(at, data)
    wanted = PortalSettings.of(at.store).sections
    shown = data.orders[:LATEST] if "purchases" in wanted else []
    running = _running(data) if "subscriptions" in wanted else []
    return OverviewPage(
        alert=await _alert(at, shelf, data),
        news=_news(shelf, at) if "downloads" in wanted else (),
        purchases=tuple(purchase_views(shelf, data.items, data.licenses, shown)),
        more_purchases=len(data.orders) > len(shown) > 0,
        subscriptions=tuple(
            subscription_row(at.store, one, shelf.products, data.payment_methods) for one in running
        ),
    )


def _running(data: OverviewData) -> list[Subscription]:
    running = [one for one in data.subscriptions if one.status is not SubscriptionStatus.CANCELED]
    return sorted(running, key=lambda one: (one.current_period_end, one.id))


async def _alert(at: Here, shelf: Shelf, data: OverviewData) -> Alert | None:
    """The payment that did not go through; of several, the one that costs access first."""
    now = shelf.now
    owing = [
        (access_deadline(at.store, one, shelf.products.get(one.product_id)), one)
        for one in data.subscriptions
        if one.status in OWING
    ]
    if not owing:
        return None
    deadline, subscription = min(owing, key=lambda one: one[0] or now)
    # Access that has ended already is not kept by paying "until" some day of the past.
    until = deadline if deadline is not None and deadline > now else None
    return Alert(subscription, until, await confirmation_of(at, subscription, data.to_confirm))


def _news(shelf: Shelf, at: Here) -> tuple[Download, ...]:
    since = previous_visit(at.session, at.customer.last_seen_at, shelf.now)
    if since is None:
        return ()
    found = shelf.news(since)[:_NEWS]
    return tuple(
        Download(file.name, version, shelf.products[file.product_id]) for file, version in found
    )


def previous_visit(
    session: Session, last_seen_at: datetime | None, now: datetime
) -> datetime | None:
    """When the visit before this one ended; None in the first.

    The customer's ``last_seen_at`` says so during a visit. On the first page after a pause it is
    still one visit behind, and the session's own tells.
    """
    if now - session.last_seen_at >= _NEW_VISIT_AFTER:
        return session.last_seen_at
    return last_seen_at
