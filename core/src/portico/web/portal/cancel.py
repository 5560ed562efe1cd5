"""Cancelling a subscription in two steps, and taking it back."""

from dataclasses import dataclass
from datetime import datetime

from quart import Blueprint, Response, request

from portico.catalog.models import Product
from portico.entitlements.models import Entitlement
from portico.i18n import N_
from portico.library.models import SubscriptionData
from portico.library.service import Shelf
from portico.stores.models import PortalSettings
from portico.subscriptions import service as subscriptions
from portico.subscriptions.models import (
    CancellationMode,
    CancellationReason,
    Subscription,
    SubscriptionStatus,
)
from portico.subscriptions.rules import rules_of
from portico.web.http import form, notice, redirect, render, signed_in
from portico.web.portal.here import Here, here
from portico.web.portal.provider import Failed, attempt
from portico.web.portal.subscription_options import may_offer
from portico.web.portal.subscription_pages import CancelPage, OfferPage
from portico.web.portal.subscriptions import fail, load
from portico.web.portal.views import shelf_of, subscription_row

blueprint = Blueprint("cancel", __name__)

COMMENT_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the customer filled in; nothing of it is required."""

    reason: str = ""
    comment: str = ""

    def chosen(self) -> CancellationReason | None:
        """The reason; None for none, and for one that is not on the list."""
        return CancellationReason(self.reason) if self.reason in set(CancellationReason) else None


@blueprint.get("/subscriptions/<subscription_id>/cancel")
@signed_in
async def ask(subscription_id: str) -> Response:
    """What cancelling means, before it is done; before that, once, what the store offers."""
    at = here()
    data, subject = await load(at, subscription_id)
    if not subscriptions.can_cancel(subject):
        return redirect(at.path(f"subscriptions/{subject.id}"))
    if request.args.get("offer") != "no" and await may_offer(at, data):
        return await render(await _offer(at, data))
    return await render(await _page(at, data, _Answers()))


async def _offer(at: Here, data: SubscriptionData) -> OfferPage:
    shelf, subject = await shelf_of(at, data), data.subject[0]
    rules = PortalSettings.of(at.store).cancellation
    return OfferPage(
        row=subscription_row(at.store, subject, shelf.products, data.payment_methods),
        percent_off=rules.retention_percent_off,
        months=rules.retention_months,
        amount=(subject.amount * (100 - rules.retention_percent_off) + 50) // 100,
        text=rules.retention,
    )


async def _page(
    at: Here, data: SubscriptionData, answers: _Answers, error: str | None = None
) -> CancelPage:
    subject = data.subject[0]
    shelf = await shelf_of(at, data)
    product = shelf.products.get(subject.product_id)
    ends_at = _ends_at(at, subject, product)
    lose, keep = _consequences(at, shelf, subject, ends_at or shelf.now)
    rules = PortalSettings.of(at.store).cancellation
    return CancelPage(
        row=subscription_row(at.store, subject, shelf.products, data.payment_methods),
        ends_at=ends_at,
        lose=lose,
        keep=keep,
        ask_reason=rules_of(at.store, product).cancellation_reason,
        reason=answers.reason,
        comment=answers.comment,
        error=error,
        # With a discount to offer the words stood beside it already.
        retention="" if rules.retention_percent_off else rules.retention,
        retention_url=rules.retention_url,
    )


def _ends_at(at: Here, subscription: Subscription, product: Product | None) -> datetime | None:
    mode = subscriptions.cancellation_mode(at.store, subscription, product)
    if mode is CancellationMode.IMMEDIATELY:
        return None
    if subscription.status is SubscriptionStatus.TRIALING and subscription.trial_end is not None:
        return subscription.trial_end
    return subscription.current_period_end


def _consequences(
    at: Here, shelf: Shelf, subscription: Subscription, ends_at: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the customer loses and keeps of the product, decided as it will be decided then."""
    after = shelf.without(subscription, ends_at)
    lose: list[str] = []
    keep: list[str] = []
    for product_id in shelf.contents(subscription.product_id):
        product = shelf.products.get(product_id)
        if product is None or not _active(shelf.entitlements.get(product_id)):
            continue
        if _active(after.get(product_id)):
            keep.append(at.say(N_("Downloads of %(product)s"), product=product.name))
        elif shelf.has_files(product_id):
            lose.append(
                at.say(N_("Downloads and new versions of %(product)s"), product=product.name)
            )
        else:
            lose.append(at.say(N_("Access to %(product)s"), product=product.name))
    keep.append(at.say(N_("Everything else you bought, and all your invoices")))
    return tuple(lose), tuple(keep)


def _active(entitlement: Entitlement | None) -> bool:
    return entitlement is not None and entitlement.active


@blueprint.post("/subscriptions/<subscription_id>/cancel")
@signed_in
async def cancel(subscription_id: str) -> Response:
    """Do it; the subscription's page then says when access ends, and offers to undo it."""
    at = here()
    fields = await form()
    answers = _Answers(fields.get("reason", ""), fields.get("comment", "")[:COMMENT_LENGTH])
    data, subject = await load(at, subscription_id)
    if not subscriptions.can_cancel(subject):
        return redirect(at.path(f"subscriptions/{subject.id}"))
    done = await attempt(
        at,
        subscriptions.cancel(
            at.rt, at.store, at.customer, subject.id,
            None, answers.chosen(), answers.comment,
        ),
    )  # fmt: skip
    if isinstance(done, Failed):
        if done.url is not None:
            return redirect(done.url)
        # The form again, with what was filled in and why it was not done.
        return await render(await _page(at, data, answers, done.text))
    return redirect(at.path(f"subscriptions/{subject.id}"))


@blueprint.post("/subscriptions/<subscription_id>/resume")
@signed_in
async def resume(subscription_id: str) -> Response:
    """Take a cancellation back before it takes effect."""
    at = here()
    done = await attempt(at, subscriptions.resume(at.rt, at.store, at.customer, subscription_id))
    back = f"subscriptions/{subscription_id}"
    if isinstance(done, Failed):
        return await fail(at, done, back)
    notice("good", at.say(N_("Your subscription goes on. You did not lose anything.")))
    return redirect(at.path(back))
