"""E-mails > Sent mails, Given up: what became of each mail, and sending it once more."""

from datetime import datetime

from quart import Blueprint, Response, request

from portico.emails import log
from portico.emails.kinds import KINDS, SECRET_KINDS
from portico.emails.models import Cause, Email, EmailState
from portico.emails.service import sender_address
from portico.i18n import N_
from portico.sellers.models import Permission
from portico.web.dashboard.emails import tabs
from portico.web.dashboard.frame import page
from portico.web.dashboard.here import here, not_found, store_view
from portico.web.dashboard.lists import PAGE, ListFilter, cursor, filter_of, page_of, url_with
from portico.web.http import gettext, lead_to, ngettext, notice

blueprint = Blueprint("dashboard_email_log", __name__)

STATES = {
    EmailState.QUEUED: ("calm", "clock", N_("Waiting")),
    EmailState.DEFERRED: ("warn", "clock", N_("Put off")),
    EmailState.SENT: ("good", "ok", N_("Sent")),
    EmailState.BOUNCED: ("bad", "warning", N_("Refused")),
    EmailState.FAILED: ("bad", "warning", N_("Given up")),
}
"""States in words, with the badge they get."""
CAUSES = {
    Cause.GREYLISTED: N_("The server asks to try again later (greylisting)."),
    Cause.BUSY: N_("The server is busy."),
    Cause.FULL: N_("The mailbox or the server is full."),
    Cause.UNREACHABLE: N_("The server cannot be reached."),
    Cause.SETTINGS: N_("The mail server's settings do not work. Look at them."),
    Cause.NO_TRANSPORT: N_("No plugin that sends mail is on."),
    Cause.PACE: N_("It waits for its turn: your store sends so many mails in a minute only."),
    Cause.ERROR: N_("Something went wrong on our side."),
    Cause.REFUSED: N_("The server does not take mail for this address."),
    Cause.NOT_WANTED: N_("The mail was no longer needed when its turn came."),
}
DEAD = 200
"""Given-up mails that are shown at once."""


class MailFilter(ListFilter):
    """Mails to an address, of a kind, in a state."""

    kind: str = ""
    state: EmailState | None = None


def _kind_title(kind: str) -> str:
    found = KINDS.get(kind)
    return gettext(found.title) if found else kind


def _words() -> dict[str, object]:
    """What the templates of these pages say things with."""
    return {
        "looks": {state.value: (look, icon, gettext(words))
                  for state, (look, icon, words) in STATES.items()},
        "causes": {cause.value: gettext(words) for cause, words in CAUSES.items()},
        "kind_title": _kind_title,
    }  # fmt: skip


@blueprint.get("/emails/sent")
@store_view(Permission.VIEW)
async def index() -> Response:
    """The store's mails, the newest first."""
    at = here()
    wanted = filter_of(MailFilter, request.args)
    start = cursor(request.args)
    found = await log.search(
        at.rt, at.store.id, address=wanted.q, kind=wanted.kind, state=wanted.state,
        direction=start.direction, message_id=start.id, limit=PAGE + 1,
    )  # fmt: skip
    context = {
        "wanted": wanted,
        "page": page_of(found, start, PAGE, key=_message_id),
        "url_with": url_with,
        "tabs": tabs(at, "emails/sent"),
        "kinds": [kind.name for kind in KINDS.values()],
        **_words(),
    }
    return await page("dashboard/emails/sent.html", context, fragment="dashboard/emails/_sent.html")


def _message_id(email: Email) -> str:
    return email.message_id


@blueprint.get("/emails/sent/<email_id>")
@store_view(Permission.VIEW)
async def one(email_id: str) -> Response:
    """One mail: its headers, each attempt, what the server said."""
    at = here()
    email = await _mail(email_id)
    context = {
        "email": email,
        "sender": f"{at.store.name} <{sender_address(at.rt.settings)}>",
        "attempts": [(datetime.fromisoformat(one["at"]), one) for one in email.history],
        "delivery": await log.delivery(at.rt, email),
        "secret": email.kind in SECRET_KINDS,
        "repeatable": log.repeatable(email),
        "tabs": tabs(at, "emails/sent"),
        **_words(),
    }
    return await page("dashboard/emails/mail.html", context)


async def _mail(email_id: str) -> Email:
    at = here()
    email = await log.get(at.rt, at.store.id, email_id)
    if email is None:
        not_found()
    return email


@blueprint.post("/emails/sent/<email_id>/again")
@store_view(Permission.RESEND_MAIL)
async def again(email_id: str) -> Response:
    """Send it once more."""
    at = here()
    email = await _mail(email_id)
    sent = await log.send_again(at.rt, at.store, email, by=at.by)
    if not sent:
        notice("bad", gettext("This mail cannot be sent again: what it was for is over, it is "
                              "still waiting, or its kind is switched off."))  # fmt: skip
        return lead_to(at.path(f"emails/sent/{email.id}"))
    notice("good", gettext("The mail is on its way again."))
    return lead_to(at.path(f"emails/sent/{sent}"))


@blueprint.get("/emails/dead")
@store_view(Permission.VIEW)
async def dead() -> Response:
    """What was given up and waits for a person."""
    at = here()
    found = await log.dead_letters(at.rt, at.store.id, DEAD)
    context = {"found": found, "tabs": tabs(at, "emails/dead"), **_words()}
    return await page("dashboard/emails/dead.html", context)


@blueprint.post("/emails/dead/replay")
@store_view(Permission.RESEND_MAIL)
async def replay() -> Response:
    """Try all of them again."""
    at = here()
    count = await log.replay_all(at.rt, at.store, by=at.by)
    words = ngettext("%(num)s mail is tried again.", "%(num)s mails are tried again.", count)
    notice("good", words % {"num": count})
    return lead_to(at.path("emails/dead"))
