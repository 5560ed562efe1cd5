"""E-mails: which kinds the store sends, and how many in a minute."""

from typing import Annotated, NamedTuple

from pydantic import Field
from quart import Blueprint, Response

from portico.catalog import service as catalog
from portico.emails import editor
from portico.emails.kinds import GROUP_TITLES, KINDS, Kind, KindGroup, is_on, per_minute
from portico.emails.models import EmailTemplate
from portico.i18n import N_, language_name
from portico.sellers.models import Permission
from portico.web.dashboard.forms import Form, shown, submitted
from portico.web.dashboard.frame import Entry, page
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.http import gettext, lead_to, ngettext, notice

blueprint = Blueprint("dashboard_emails", __name__)

TABS = (
    ("emails", N_("Texts")),
    ("emails/sent", N_("Sent mails")),
    ("emails/dead", N_("Given up")),
)


class KindRow(NamedTuple):
    """A kind in the list: its words, whether it is sent, and which texts are the seller's own."""

    kind: Kind
    title: str
    about: str
    on: bool
    own: tuple[str, ...]


class SwitchForm(Form):
    """Whether mails of a kind are sent."""

    on: bool = False


class PaceForm(Form):
    """How many mails in a minute; 0 for as many as there are."""

    per_minute: Annotated[int, Field(ge=0, le=editor.MAX_PER_MINUTE)] = 0


def tabs(at: Here, current: str) -> list[Entry]:
    """The pages of the section."""
    return [Entry(gettext(label), at.path(path), path == current) for path, label in TABS]


@blueprint.get("/emails")
@store_view(Permission.VIEW)
async def index() -> Response:
    """The kinds of mail with their switches."""
    return await _index()


async def _index(status: int = 200, pace: object = None) -> Response:
    at = here()
    own: dict[str, list[str]] = {}
    for template in await editor.in_force(at.rt, at.store):
        own.setdefault(template.kind, []).append(await _whose(at, template))
    groups = [
        (gettext(GROUP_TITLES[group]), [_row(at, kind, own) for kind in KINDS.values()
                                        if kind.group is group])
        for group in KindGroup if group is not KindGroup.SELLERS
    ]  # fmt: skip
    context = {
        "groups": groups,
        "tabs": tabs(at, "emails"),
        "pace": pace or shown({"per_minute": per_minute(at.store) or ""}),
    }
    return await page("dashboard/emails/index.html", context, status)


def _row(at: Here, kind: Kind, own: dict[str, list[str]]) -> KindRow:
    whose = tuple(dict.fromkeys(own.get(kind.name, ())))
    return KindRow(kind, gettext(kind.title), gettext(kind.about), is_on(at.store, kind.name),
                   whose)  # fmt: skip


async def _whose(at: Here, template: EmailTemplate) -> str:
    """Which text is the seller's own: the store's in a language, or a product's."""
    if template.product_id:
        product = await catalog.product_by_id(at.rt, at.store.id, template.product_id)
        return product.name if product else ""
    return language_name(template.locale) if template.locale else gettext("All languages")


@blueprint.post("/emails/<kind>/switch")
@store_view(Permission.EDIT_EMAILS)
async def switch(kind: str) -> Response:
    """Send mails of a kind, or none."""
    at = here()
    fields = await submitted(SwitchForm)
    if fields.data is None:
        return await _index(400)
    if not await editor.switch(at.rt, at.store, kind, fields.data.on, by=at.by):
        not_found()
    title = gettext(KINDS[kind].title)
    words = N_("“%(kind)s” is sent.") if fields.data.on else N_("“%(kind)s” is not sent any more.")
    notice("good", gettext(words) % {"kind": title})
    return lead_to(at.path("emails"))


@blueprint.post("/emails/pace")
@store_view(Permission.EDIT_EMAILS)
async def set_pace() -> Response:
    """How many mails in a minute."""
    at = here()
    fields = await submitted(PaceForm)
    if fields.data is None:
        return await _index(400, fields)
    most = fields.data.per_minute
    await editor.set_pace(at.rt, at.store, most, by=at.by)
    if most:
        words = ngettext("At most %(num)s mail is sent in a minute now.",
                         "At most %(num)s mails are sent in a minute now.", most)  # fmt: skip
        notice("good", words % {"num": most})
    else:
        notice("good", gettext("Mails are sent without a pause now."))
    return lead_to(at.path("emails"))
