"""Another plan or quantity in three steps (choose, see what it costs, confirm), and pauses."""

from quart import Blueprint, Response

from portico.i18n import N_
from portico.library.models import SubscriptionData
from portico.subscriptions import changes, plans
from portico.subscriptions.models import ChangeState, Subscription, SubscriptionChange
from portico.subscriptions.plans import Choice, Choices
from portico.web.http import form, notice, redirect, render, signed_in
from portico.web.portal.here import Here, here, not_found
from portico.web.portal.provider import Failed, attempt
from portico.web.portal.subscription_options import may_change, may_pause
from portico.web.portal.subscription_pages import (
    ChangePage,
    ChangePreviewPage,
    PausePage,
    SubscriptionRow,
)
from portico.web.portal.subscriptions import fail, load
from portico.web.portal.views import shelf_of, subscription_row

blueprint = Blueprint("plans", __name__)

_UNCHANGED = N_(
    "The payment provider could not be reached just now. Nothing has changed. "
    "Try again in a minute."
)


async def _row(at: Here, data: SubscriptionData) -> SubscriptionRow:
    shelf = await shelf_of(at, data)
    return subscription_row(at.store, data.subject[0], shelf.products, data.payment_methods)


def _of(at: Here, subscription_id: str) -> Response:
    return redirect(at.path(f"subscriptions/{subscription_id}"))


# Another plan


@blueprint.get("/subscriptions/<subscription_id>/change")
@signed_in
async def choose(subscription_id: str) -> Response:
    """Step 1: which plan, and how many."""
    at = here()
    data, subject = await load(at, subscription_id)
    if not await may_change(at, data):
        return _of(at, subject.id)
    return await _choose(at, data, subject.price_id or "", str(subject.quantity))


async def _choose(
    at: Here, data: SubscriptionData, price_id: str, quantity: str, error: str | None = None
) -> Response:
    offered = await plans.choices(at.rt, at.store, data.subject[0])
    row = await _row(at, data)
    return await render(ChangePage(row, offered.plans, offered.quantity, price_id, quantity, error))


@blueprint.post("/subscriptions/<subscription_id>/change")
@signed_in
async def preview(subscription_id: str) -> Response:
    """Ask the provider what it costs; step 2 shows it."""
    at = here()
    fields = await form()
    data, subject = await load(at, subscription_id)
    if not await may_change(at, data):
        return _of(at, subject.id)
    price_id = fields.get("price_id") or subject.price_id or ""
    typed = fields.get("quantity", "").strip()
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 6):
        wrong = at.say(N_("Choose a quantity between 1 and 1000."))
        return await _choose(at, data, price_id, typed, wrong)
    made = await attempt(
        at,
        changes.preview_change(
            at.rt, at.store, at.customer, subject.id, price_id, int(typed) if typed else None
        ),
        _UNCHANGED,
    )
    if isinstance(made, Failed):
        if made.url is not None:
            return redirect(made.url)
        return await _choose(at, data, price_id, typed or str(subject.quantity), made.text)
    return redirect(at.path(f"subscriptions/{subject.id}/change/{made.id}"))


@blueprint.get("/subscriptions/<subscription_id>/change/<change_id>")
@signed_in
async def show(subscription_id: str, change_id: str) -> Response:
    """Step 2: what is charged now, and from then on."""
    at = here()
    data, subject = await load(at, subscription_id)
    change = await _change(at, subject, change_id)
    if change.state is not ChangeState.PREVIEWED:
        return _of(at, subject.id)
    plan = await _plan(at, subject, change)
    if plan is None:
        return redirect(at.path(f"subscriptions/{subject.id}/change"))
    return await render(ChangePreviewPage(await _row(at, data), change, plan))


async def _change(at: Here, subject: Subscription, change_id: str) -> SubscriptionChange:
    found = await changes.get(at.rt, at.store, at.customer, change_id)
    if found is None or found[0].id != subject.id:
        not_found()
    return found[1]


async def _plan(at: Here, subject: Subscription, change: SubscriptionChange) -> Choice | None:
    offered: Choices = await plans.choices(at.rt, at.store, subject)
    return await plans.chosen(at.rt, at.store, subject, offered, change.price_id or "")


@blueprint.post("/subscriptions/<subscription_id>/change/<change_id>")
@signed_in
async def confirm(subscription_id: str, change_id: str) -> Response:
    """Step 3: make it. Sent twice, it is made once."""
    at = here()
    _, subject = await load(at, subscription_id)
    await _change(at, subject, change_id)
    done = await attempt(
        at, changes.confirm_change(at.rt, at.store, at.customer, change_id), _UNCHANGED
    )
    if isinstance(done, Failed):
        return await fail(at, done, f"subscriptions/{subject.id}")
    if done.state is ChangeState.SUCCEEDED:
        notice("good", at.say(N_("Your plan is changed. We mailed you a confirmation.")))
    return _of(at, subject.id)


# Pauses


@blueprint.get("/subscriptions/<subscription_id>/pause")
@signed_in
async def ask_to_pause(subscription_id: str) -> Response:
    """How long, and what it means."""
    at = here()
    data, subject = await load(at, subscription_id)
    if not await may_pause(at, subject):
        return _of(at, subject.id)
    row = await _row(at, data)
    lengths = plans.pause_lengths(at.store, row.product, subject)
    ends = tuple((months, changes.pause_ends(subject, months)) for months in lengths)
    return await render(PausePage(row, ends))


@blueprint.post("/subscriptions/<subscription_id>/pause")
@signed_in
async def pause(subscription_id: str) -> Response:
    """Pause for so many months."""
    at = here()
    typed = (await form()).get("months", "")
    months = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else 0
    done = await attempt(
        at, changes.pause(at.rt, at.store, at.customer, subscription_id, months), _UNCHANGED
    )
    if isinstance(done, Failed):
        return await fail(at, done, f"subscriptions/{subscription_id}")
    return _of(at, subscription_id)


@blueprint.post("/subscriptions/<subscription_id>/unpause")
@signed_in
async def unpause(subscription_id: str) -> Response:
    """End a pause."""
    at = here()
    done = await attempt(
        at, changes.unpause(at.rt, at.store, at.customer, subscription_id), _UNCHANGED
    )
    if isinstance(done, Failed):
        return await fail(at, done, f"subscriptions/{subscription_id}")
    notice("good", at.say(N_("Your subscription goes on.")))
    return _of(at, subscription_id)


# What is offered to who wants to cancel


@blueprint.post("/subscriptions/<subscription_id>/offer")
@signed_in
async def accept_offer(subscription_id: str) -> Response:
    """Stay, for less."""
    at = here()
    done = await attempt(
        at, changes.accept_offer(at.rt, at.store, at.customer, subscription_id), _UNCHANGED
    )
    if isinstance(done, Failed):
        return await fail(at, done, f"subscriptions/{subscription_id}")
    notice("good", at.say(N_("You pay less from your next payment on. Thank you for staying.")))
    return _of(at, subscription_id)
