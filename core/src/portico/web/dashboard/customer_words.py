"""A customer's timeline in words."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from portico.entitlements.models import Reason
from portico.i18n import N_, format_money
from portico.people.models import EventKind, TimelineEvent
from portico.web.dashboard.here import Here

REASONS = {
    Reason.BOUGHT: N_("Bought"),
    Reason.SUBSCRIBED: N_("Subscribed"),
    Reason.IN_BUNDLE: N_("Part of a bundle"),
    Reason.GRANTED: N_("Given by hand"),
    Reason.AFTER_CANCELLATION: N_("Kept after the subscription"),
    Reason.REFUNDED: N_("Refunded"),
    Reason.SUBSCRIPTION_ENDED: N_("Subscription ended"),
    Reason.PAYMENT_FAILED: N_("Payment failed"),
    Reason.PAUSED: N_("Paused"),
    Reason.WITHDRAWN: N_("Withdrawn by hand"),
}
"""Why a customer has a product, or has it no longer."""
_MAILS = {
    "sign_in": N_("Sign-in link"),
    "confirmation": N_("Confirmation of a purchase"),
    "renewal_receipt": N_("Receipt of a renewal"),
    "payment_failed": N_("Payment failed"),
    "refund": N_("Refund"),
    "cancellation": N_("Cancellation"),
    "cancellation_undone": N_("Cancellation undone"),
    "subscription_changed": N_("Subscription changed"),
    "email_change": N_("Proof of a new address"),
    "email_changed": N_("Address changed"),
    "data_erasure": N_("Confirmation of a deletion"),
    "card_expiring": N_("Card expires soon"),
    "file_version": N_("New file version"),
}
_MAIL_STATES = {
    "queued": ("calm", "clock", N_("Not sent yet")),
    "deferred": ("warn", "waiting", N_("Will be tried again")),
    "sent": ("good", "ok", N_("Sent")),
    "failed": ("bad", "warning", N_("Not sent")),
    "bounced": ("bad", "warning", N_("Refused by the mail server")),
}
_ATTEMPTS = {
    "pending": ("calm", "clock", N_("Under way")),
    "requires_action": ("warn", "waiting", N_("Waits for the customer")),
    "failed": ("bad", "warning", N_("Failed")),
    "canceled": ("calm", "stopped", N_("Called off")),
}
_LICENSES = {
    "pending": ("calm", "clock", N_("Being prepared")),
    "disabled": ("calm", "stopped", N_("Does not work any more")),
    "replaced": ("calm", "undo", N_("Replaced")),
}
_ACTIONS: dict[str, tuple[str, str]] = {
    "customer.sign_in": ("people", N_("Signed in")),
    "customer.sign_out_device": ("sign-out", N_("Signed another device out")),
    "customer.sign_out_everywhere": ("sign-out", N_("Signed out everywhere")),
    "customer.billing": ("card", N_("Billing details changed by the customer")),
    "customer.send_link": ("mail", N_("Sign-in link sent")),
    "customer.change_email": ("mail", N_("Address changed by the customer")),
    "customer.correct_email": ("mail", N_("Address corrected")),
    "customer.merge": ("people", N_("Another customer was merged into this one")),
    "customer.view": ("eye", N_("Looked at the portal as the customer")),
    "customer.view_end": ("eye", N_("Stopped looking at the portal as the customer")),
    "customer.export": ("download", N_("Data exported")),
    "customer.erase": ("bin", N_("Personal data erased")),
    "order.refund": ("undo", N_("Refund begun")),
    "order.dispute_open": ("warning", N_("Payment disputed")),
    "order.dispute_won": ("ok", N_("Dispute won")),
    "order.dispute_lost": ("stopped", N_("Dispute lost")),
    "grant.revoke": ("undo", N_("Decision about access taken back")),
    "license.disabled": ("key", N_("License key switched off")),
    "license.replace": ("key", N_("New license key asked for")),
    "license.replaced": ("key", N_("License key replaced")),
    "subscription.resume": ("loop", N_("Cancellation undone")),
    "subscription.plan": ("loop", N_("Plan changed")),
    "subscription.pause": ("clock", N_("Subscription paused")),
    "subscription.unpause": ("loop", N_("Pause ended")),
    "subscription.retention": ("loop", N_("Offer taken instead of cancelling")),
    "payment_method.update": ("card", N_("Payment method updated")),
    "payment_method.remove": ("card", N_("Payment method removed")),
}
Badge = tuple[str, str, str]


class Told(NamedTuple):
    """An entry as the page shows it; ``badge`` is kind, icon and words."""

    at: datetime
    icon: str
    text: str
    more: str = ""
    badge: Badge | None = None
    test: bool = False


def reason_words(at: Here, reason: Reason) -> str:
    """Why, in the reader's language."""
    return at.say(REASONS[reason])


def told(at: Here, event: TimelineEvent) -> Told:
    """An entry of the timeline in the reader's language."""
    entry = _TELLERS[event.kind](at, event)
    test = event.mode == "test"
    if not event.by_email:
        return entry._replace(test=test)
    by = at.say(N_("by %(email)s"), email=event.by_email)
    return entry._replace(more=" · ".join(filter(None, (entry.more, by))), test=test)


def _badge(at: Here, known: dict[str, Badge], state: str | None) -> Badge | None:
    found = known.get(state or "")
    return (found[0], found[1], at.say(found[2])) if found else None


def _money(at: Here, event: TimelineEvent) -> str:
    return format_money(event.amount or 0, event.currency or "EUR", at.locale)


def _mail(at: Here, event: TimelineEvent) -> Told:
    kind = event.title or ""
    words = at.say(_MAILS[kind]) if kind in _MAILS else kind
    text = at.say(N_("Mail: %(kind)s"), kind=words)
    badge = _badge(at, _MAIL_STATES, event.state)
    return Told(event.at, "mail", text, event.detail or "", badge)


def _download(at: Here, event: TimelineEvent) -> Told:
    text = at.say(N_("Downloaded %(file)s"), file=event.title)
    return Told(event.at, "download", text, event.detail or "")


def _payment(at: Here, event: TimelineEvent) -> Told:
    words = N_("Payment of %(amount)s for order %(number)s")
    text = at.say(words, amount=_money(at, event), number=event.number)
    return Told(event.at, "card", text, event.detail or "", _badge(at, _ATTEMPTS, event.state))


def _refund(at: Here, event: TimelineEvent) -> Told:
    words = N_("Refund of %(amount)s of order %(number)s")
    text = at.say(words, amount=_money(at, event), number=event.number)
    return Told(event.at, "undo", text, event.detail or "", _badge(at, _ATTEMPTS, event.state))


def _subscription(at: Here, event: TimelineEvent) -> Told:
    text = at.say(N_("Subscribed to %(name)s"), name=event.title)
    return Told(event.at, "loop", text, _money(at, event))


def _ended(at: Here, event: TimelineEvent) -> Told:
    return Told(event.at, "stopped", at.say(N_("%(name)s has ended"), name=event.title))


def _cancellation(at: Here, event: TimelineEvent) -> Told:
    text = at.say(N_("Cancelled %(name)s"), name=event.title)
    reason = (event.detail or "").replace("_", " ")
    return Told(event.at, "stopped", text, reason, _badge(at, _ATTEMPTS, event.state))


def _license(at: Here, event: TimelineEvent) -> Told:
    words = N_("License key for %(name)s")
    if (event.detail or "").startswith("replace:"):
        words = N_("New license key for %(name)s")
    text = at.say(words, name=event.title)
    return Told(event.at, "key", text, "", _badge(at, _LICENSES, event.state))


def _grant(at: Here, event: TimelineEvent) -> Told:
    given = event.state == "grant"
    words = N_("Access to %(name)s given") if given else N_("Access to %(name)s withdrawn")
    icon = "plus" if given else "minus"
    return Told(event.at, icon, at.say(words, name=event.title), event.detail or "")


def _audit(at: Here, event: TimelineEvent) -> Told:
    action = event.title or ""
    icon, words = _ACTIONS.get(action, ("gear", action))
    return Told(event.at, icon, at.say(words), _details(at, json.loads(event.detail or "{}")))


def _details(at: Here, data: dict[str, Any]) -> str:
    """What an entry of the audit log has besides, as far as it says something to people."""
    if data.get("from") and data.get("to"):
        return f"{data['from']} → {data['to']}"
    if isinstance(data.get("amount"), int) and data.get("currency"):
        amount = format_money(data["amount"], str(data["currency"]), at.locale)
        return " · ".join(filter(None, (amount, data.get("reason"))))
    return str(data.get("browser") or data.get("from_email") or "")


_TELLERS: dict[EventKind, Callable[[Here, TimelineEvent], Told]] = {
    EventKind.MAIL: _mail,
    EventKind.DOWNLOAD: _download,
    EventKind.PAYMENT: _payment,
    EventKind.REFUND: _refund,
    EventKind.SUBSCRIPTION: _subscription,
    EventKind.SUBSCRIPTION_ENDED: _ended,
    EventKind.CANCELLATION: _cancellation,
    EventKind.LICENSE: _license,
    EventKind.GRANT: _grant,
    EventKind.AUDIT: _audit,
}
