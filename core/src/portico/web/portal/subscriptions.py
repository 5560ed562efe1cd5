"""Subscriptions: the list, one of them, a new payment method for it."""

from datetime import timedelta

from quart import Blueprint, Response, request

from portico.hooks.payment_methods import PaymentMethodHooks
from portico.hooks.subscriptions import SubscriptionHooks
from portico.i18n import N_
from portico.library import service as library
from portico.library.models import SubscriptionData
from portico.library.service import Shelf
from portico.licenses.models import License
from portico.subscriptions import methods
from portico.subscriptions import service as subscriptions
from portico.subscriptions.models import (
    AttemptState,
    ChangeState,
    PaymentMethodUpdate,
    Subscription,
    SubscriptionChange,
    SubscriptionStatus,
)
from portico.web.http import notice, redirect, render, signed_in
from portico.web.portal.frame import note_sections
from portico.web.portal.here import Here, here, not_found
from portico.web.portal.owing import confirmation_of, to_confirm
from portico.web.portal.pages import PaymentMethodWaitPage
from portico.web.portal.provider import Failed, attempt, offers
from portico.web.portal.subscription_options import may_change, may_pause, may_unpause
from portico.web.portal.subscription_pages import SubscriptionPage, SubscriptionsPage
from portico.web.portal.views import paid_with, shelf_of, subscription_row
from portico.web.viewing import acts

blueprint = Blueprint("subscriptions", __name__)

RUNNING = frozenset(SubscriptionStatus) - {
    SubscriptionStatus.CANCELED,
    SubscriptionStatus.INCOMPLETE,
}
RELOAD_SECONDS = 3
PATIENCE = timedelta(minutes=3)
"""How long a customer is kept waiting for a provider that does not know yet."""
_AS_BEFORE = N_("Still paid as before: %(names)s. Open a subscription to change that too.")
NEWS_LASTS = timedelta(days=1)
"""How long the page says that a change was refused."""


@blueprint.get("/subscriptions")
@signed_in
async def index() -> Response:
    """All subscriptions."""
    return await render(await subscriptions_page(here()))


async def subscriptions_page(at: Here) -> SubscriptionsPage:
    """The running ones first."""
    data = await library.subscriptions(at.rt, at.store, at.customer.id)
    note_sections(data.sections[0])
    products = {one.id: one for one in data.products}
    ordered = sorted(data.subscriptions, key=lambda one: one.status not in RUNNING)
    return SubscriptionsPage(
        tuple(subscription_row(at.store, one, products, data.payment_methods) for one in ordered)
    )


async def load(at: Here, subscription_id: str) -> tuple[SubscriptionData, Subscription]:
    """The subscription and what hangs on it; 404 where it is not the customer's."""
    data = await library.subscription(at.rt, at.store, at.customer.id, subscription_id)
    if not data.subject:
        not_found()
    return data, data.subject[0]


@blueprint.get("/subscriptions/<subscription_id>")
@signed_in
async def show(subscription_id: str) -> Response:
    """One subscription."""
    return await render(await subscription_page(here(), subscription_id))


async def subscription_page(at: Here, subscription_id: str) -> SubscriptionPage:
    """What it is, and what can be done with it now."""
    data, subject = await load(at, subscription_id)
    shelf = await shelf_of(at, data)
    provider = subject.provider
    return SubscriptionPage(
        row=subscription_row(at.store, subject, shelf.products, data.payment_methods),
        orders=data.orders,
        can_cancel=subscriptions.can_cancel(subject)
        and await offers(at, provider, SubscriptionHooks.cancel_subscription),
        can_resume=subscriptions.can_resume(subject)
        and await offers(at, provider, SubscriptionHooks.resume_subscription),
        can_update_payment_method=subject.status in RUNNING
        and await offers(at, provider, PaymentMethodHooks.start_payment_method_update),
        cancellation=data.cancellations[0] if data.cancellations else None,
        can_change=await may_change(at, data),
        can_pause=await may_pause(at, subject),
        can_unpause=await may_unpause(at, subject),
        change=_untold(at, data),
        confirm=await confirmation_of(at, subject),
        licenses=_keys(shelf, data, subject),
    )


def _keys(shelf: Shelf, data: SubscriptionData, subject: Subscription) -> tuple[License, ...]:
    """The keys of what the subscription is about now, those in it where it is a bundle."""
    inside = shelf.contents(subject.product_id)
    return tuple(one for one in data.licenses if one.product_id in inside)


def _untold(at: Here, data: SubscriptionData) -> SubscriptionChange | None:
    """The latest change, where the subscription itself does not show it: not made yet, or refused
    lately."""
    latest = data.changes[0] if data.changes else None
    if latest is None or latest.state is ChangeState.PENDING:
        return latest
    lately = at.rt.clock.now() - latest.updated_at < NEWS_LASTS
    return latest if latest.state is ChangeState.FAILED and lately else None


@blueprint.post("/subscriptions/<subscription_id>/payment-method")
@signed_in
async def update_payment_method(subscription_id: str) -> Response:
    """Off to the provider's page for a new payment method."""
    at = here()
    return await start_update(at, subscription_id, f"subscriptions/{subscription_id}")


async def start_update(at: Here, subscription_id: str | None, back: str) -> Response:
    """303 to the provider; where that is not possible, ``back`` with the reason."""
    url = await attempt(
        at,
        methods.start_update(at.rt, at.store, at.customer, subscription_id, locale=at.locale),
    )
    return await fail(at, url, back) if isinstance(url, Failed) else redirect(url)


async def fail(at: Here, failed: Failed, back: str) -> Response:
    """Where to go after something was not done: what has to be done first, or back."""
    if failed.url is not None:
        return redirect(failed.url)
    notice("bad", failed.text)
    return redirect(at.path(back))


@blueprint.get("/payment-method/return")
@acts
@signed_in
async def returned() -> Response:
    """Back from the provider. While it does not know yet, a page that reloads itself.

    With ``left`` from a page that was left as it was. The provider is asked all the same, since
    something may have been given in another tab.
    """
    at = here()
    update_id = request.args.get("update", "")
    found = await attempt(at, methods.finish_update(at.rt, at.store, at.customer, update_id))
    if isinstance(found, Failed):
        return await fail(at, found, "billing")
    open_, left = found.state is AttemptState.PENDING, bool(request.args.get("left"))
    if open_ and not left and at.rt.clock.now() - found.created_at < PATIENCE:
        return await _wait(at)
    await _say_outcome(at, found, left)
    return redirect(at.path(await _origin(at, found)))


async def _origin(at: Here, update: PaymentMethodUpdate) -> str:
    """Where the update was begun; but where a payment now waits for its owner, there."""
    subscription_id = update.subscription_id
    if subscription_id is None and update.state is AttemptState.SUCCEEDED:
        waiting = await to_confirm(at)
        subscription_id = waiting[0].subscription_id if waiting else None
    return f"subscriptions/{subscription_id}" if subscription_id else "billing"


async def _say_outcome(at: Here, update: PaymentMethodUpdate, left: bool) -> None:
    if update.state is AttemptState.SUCCEEDED:
        done = at.say(N_("Your payment method is updated."))
        if update.subscription_id is None and (names := await _paid_otherwise(at, update)):
            done += " " + at.say(_AS_BEFORE) % {"names": ", ".join(names)}
        notice("good", done)
    elif update.state is AttemptState.PENDING and not left:
        notice("plain", at.say(N_(
            "The payment provider has not told us of a new payment method. If you gave one, it "
            "shows here as soon as we know; you can also give it again."
        )))  # fmt: skip
    elif update.state in (AttemptState.PENDING, AttemptState.CANCELED):
        notice("plain", at.say(N_("You kept your payment method. Nothing has changed.")))
    else:
        words = update.failure_message
        say = at.rt.themes.translations.gettext(at.locale, update.provider)
        notice("bad", say(words) if words else at.say(N_("The payment method was not accepted.")))


async def _paid_otherwise(at: Here, update: PaymentMethodUpdate) -> list[str]:
    """Running subscriptions that a method given for all of them does not pay.

    A provider may know a person by several customers, or be one of several: it is theirs alone.
    """
    data = await library.subscriptions(at.rt, at.store, at.customer.id)
    others = [
        one.description
        for one in data.subscriptions
        if one.status in RUNNING
        and (paid := paid_with(one, data.payment_methods)) is not None
        and paid.id != update.payment_method_id
    ]
    return list(dict.fromkeys(others))


async def _wait(at: Here) -> Response:
    return await render(
        PaymentMethodWaitPage(
            at.say(N_("Waiting for the payment provider")),
            at.say(N_("It has not told us yet whether your new payment method works.")),
            RELOAD_SECONDS,
        )
    )
