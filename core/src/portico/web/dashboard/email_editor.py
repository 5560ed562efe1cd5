"""E-mails > one kind: its text, the variables it can say, a preview, a test."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from pydantic import BeforeValidator
from quart import Blueprint, Response, request

from portico.catalog import service as catalog
from portico.catalog.models import Product
from portico.emails import editor, preview, sample
from portico.emails.check import Problem, Text
from portico.emails.editor import Place, UnfitText
from portico.emails.kinds import Kind, editable
from portico.emails.models import EmailTemplate, TextFormat
from portico.hooks.errors import Refused, RetryLater
from portico.i18n import N_, language_name
from portico.orders import service as orders
from portico.sellers import team
from portico.sellers.models import Permission
from portico.sessions import limits
from portico.web.dashboard.forms import EmailAddress, Fields, Form, shown, submitted
from portico.web.dashboard.frame import Entry, confirm, page
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.http import gettext, lead_to, notice, render_core

blueprint = Blueprint("dashboard_email_editor", __name__)

ORDERS = 10
"""Orders to choose from for values."""
_FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; sandbox; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)


def _lines(value: object) -> object:
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


class TextForm(Form):
    """A text as the editor sends it."""

    subject: str = ""
    body: Annotated[str, BeforeValidator(_lines)] = ""
    format: TextFormat = TextFormat.MARKDOWN
    to: EmailAddress | None = None


class _Edited(NamedTuple):
    """What the editor is about: the kind, whose text, in which language, with whose values."""

    kind: Kind
    place: Place
    product: Product | None
    shown: sample.Sample
    order_id: str
    query: dict[str, str]

    def path(self, at: Here, action: str = "", **changes: str) -> str:
        query = {name: one for name, one in {**self.query, **changes}.items() if one}
        url = at.path(f"emails/{self.kind.name}{'/' if action else ''}{action}")
        return f"{url}?{urlencode(query)}" if query else url


async def _edited(at: Here, kind_name: str) -> _Edited:
    """From the address: kind, ``?product=``, ``?locale=`` and ``?order=``; 404 for what is not."""
    kind = editable(kind_name)
    if kind is None:
        not_found()
    asked = {name: request.args.get(name, "") for name in ("product", "locale", "order")}
    product = None
    if asked["product"]:
        product = await catalog.product_by_id(at.rt, at.store.id, asked["product"])
        if product is None:
            not_found()
    locale = asked["locale"] or _language(at, at.store.locale)
    if locale not in at.rt.themes.translations.locales:
        not_found()
    order_id = asked["order"]
    if not order_id and (latest := await orders.latest(at.rt, at.store.id, at.store.mode, 1)):
        order_id = latest[0].id
    product_id = product.id if product else None
    values = await sample.sample(
        at.rt, at.store, kind, locale=locale,
        order_id=None if order_id == "none" else order_id, product_id=product_id,
    )  # fmt: skip
    return _Edited(kind, Place(kind.name, product_id, locale), product, values, order_id, asked)


def _language(at: Here, locale: str) -> str:
    known = at.rt.themes.translations.locales
    wanted = (locale, locale.partition("-")[0], "en")
    return next((one for one in wanted if one in known), known[0])


@blueprint.get("/emails/<kind>")
@store_view(Permission.VIEW)
async def edit(kind: str) -> Response:
    """The editor."""
    at = here()
    edited = await _edited(at, kind)
    text, _ = await editor.text_at(at.rt, at.store, edited.place)
    return await _editor(at, edited, shown(_values(text)))


def _values(text: Text) -> dict[str, Any]:
    return {"subject": text.subject, "body": text.body.strip(), "format": text.format.value}


async def _editor(
    at: Here, edited: _Edited, form: Fields[Any], status: int = 200, said: Any = None
) -> Response:
    saved, row = await editor.text_at(at.rt, at.store, edited.place)
    own = row is not None and (row.product_id, row.locale) == (
        edited.place.product_id, edited.place.locale,
    )  # fmt: skip
    if "to" not in form.values or not form.values["to"]:
        form.values["to"] = at.seller.email
    titles = {name: at.plugin_title(name) for name in at.rt.registry.plugins}
    words = at.rt.themes.translations.translator(at.locale)
    context = {
        "edited": edited,
        "title": gettext(edited.kind.title),
        "about": gettext(edited.kind.about),
        "form": form,
        "menu": sample.menu(edited.kind, edited.shown, words, titles),
        "languages": _language_tabs(at, edited),
        "orders": await orders.latest(at.rt, at.store.id, at.store.mode, ORDERS),
        "own": own,
        "history": await _history(at, edited.place),
        "team": [one.email for one in await team.members(at.rt, at.store.id)],
        "said": said,
        "typed": request.method == "POST",
        **_preview(at, edited, _text(form, saved)),
    }
    return await page("dashboard/emails/editor.html", context, status)


def _language_tabs(at: Here, edited: _Edited) -> list[Entry]:
    return [
        Entry(language_name(one), edited.path(at, locale=one), one == edited.place.locale)
        for one in at.rt.themes.translations.locales
    ]


def _text(form: Fields[Any], saved: Text) -> Text:
    """What is in the fields, also where it cannot be saved."""
    body = str(_lines(form.values.get("body", saved.body)))
    try:
        wanted = TextFormat(form.values.get("format") or TextFormat.MARKDOWN)
    except ValueError:
        wanted = TextFormat.MARKDOWN
    return Text(str(form.values.get("subject", "")), body, wanted)


def _preview(at: Here, edited: _Edited, text: Text) -> dict[str, Any]:
    found = preview.preview(at.rt, at.store, edited.kind, text, edited.shown)
    return {
        "message": found.message,
        "problems": [_words(one) for one in found.problems],
        "warnings": [_words(one) for one in found.warnings],
    }


def _words(problem: Problem) -> str:
    words = gettext(problem.words) % problem.values
    if problem.line is None or problem.where != "body":
        return words
    return gettext("Line %(line)s: %(words)s") % {"line": problem.line, "words": words}


class Saved(NamedTuple):
    """A text of the history, and who saved it."""

    template: EmailTemplate
    who: str


async def _history(at: Here, place: Place) -> Sequence[Saved]:
    members = {f"seller:{one.seller_id}": one.email for one in await team.members(
        at.rt, at.store.id)}  # fmt: skip
    return [
        Saved(one, members.get(one.saved_by or "", gettext("Somebody who has left the team")))
        for one in await editor.history(at.rt, at.store, place)
    ]


@blueprint.post("/emails/<kind>")
@store_view(Permission.EDIT_EMAILS)
async def save(kind: str) -> Response:
    """Send this text from now on."""
    at = here()
    edited = await _edited(at, kind)
    fields = await submitted(TextForm)
    fields.values["body"] = _lines(fields.values["body"])
    current, _ = await editor.text_at(at.rt, at.store, edited.place)
    fields.against(_values(current))
    if fields.data is None:
        return await _editor(at, edited, fields, 409 if fields.conflicts else 400)
    try:
        await editor.save(
            at.rt, at.store, edited.place, _text(fields, current), edited.shown, by=at.by
        )
    except UnfitText as error:
        return await _editor(at, edited, _refuse(fields, error), 400)
    notice("good", gettext("Saved. Mails are sent with this text from now on."))
    return lead_to(edited.path(at))


def _refuse(fields: Fields[TextForm], error: UnfitText) -> Fields[TextForm]:
    for where in ("subject", "body"):
        found = [_words(one) for one in error.problems if one.where == where]
        if found:
            fields.refuse(where, " ".join(found))
    return fields


@blueprint.post("/emails/<kind>/preview")
@store_view(Permission.EDIT_EMAILS)
async def show(kind: str) -> Response:
    """The text as it is in the fields: asked by a script while somebody types, only the preview."""
    at = here()
    edited = await _edited(at, kind)
    fields = await submitted(TextForm)
    fields.errors.clear()
    if request.headers.get("HX-Request"):
        context = {"edited": edited, **_preview(at, edited, _text(fields, Text("", "")))}
        return await page("dashboard/emails/_preview.html", context,
                          fragment="dashboard/emails/_preview.html")  # fmt: skip
    return await _editor(at, edited, fields)


@blueprint.get("/emails/<kind>/frame")
@store_view(Permission.VIEW)
async def saved_frame(kind: str) -> Response:
    """The saved text, as the mail's HTML in a frame of its own."""
    at = here()
    edited = await _edited(at, kind)
    text, _ = await editor.text_at(at.rt, at.store, edited.place)
    return await _framed(at, edited, text)


@blueprint.post("/emails/<kind>/frame")
@store_view(Permission.EDIT_EMAILS)
async def typed_frame(kind: str) -> Response:
    """As ``saved_frame``, of the text in the fields."""
    at = here()
    edited = await _edited(at, kind)
    fields = await submitted(TextForm)
    return await _framed(at, edited, _text(fields, Text("", "")))


async def _framed(at: Here, edited: _Edited, text: Text) -> Response:
    found = preview.preview(at.rt, at.store, edited.kind, text, edited.shown)
    if found.message is None:
        response = await render_core("dashboard/emails/no_preview.html", {})
    else:
        response = Response(found.message.html, mimetype="text/html")
        # Nothing in it runs, sends or leads anywhere; mails have their styles on the elements.
        response.headers["Content-Security-Policy"] = _FRAME_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/emails/<kind>/test")
@store_view(Permission.EDIT_EMAILS)
async def test(kind: str) -> Response:
    """Send the text in the fields to somebody of the team."""
    at = here()
    edited = await _edited(at, kind)
    fields = await submitted(TextForm)
    to = fields.data.to if fields.data else None
    members = [one.email for one in await team.members(at.rt, at.store.id)]
    if to not in members:
        fields.refuse("to", gettext("Choose somebody of your team."))
        return await _editor(at, edited, fields, 400)
    who = f"{at.store.id}\n{to}"
    if await limits.seconds_to_wait(
        at.rt, (limits.TEST_MAILS, at.store.id), (limits.MAILS_PER_ADDRESS, who)
    ):
        words = gettext(
            "You have sent several test mails in a short time. Wait 15 minutes and try again."
        )
        fields.refuse("to", words)
        return await _editor(at, edited, fields, 429)
    text = _text(fields, Text("", ""))
    try:
        response = await preview.send_test(
            at.rt, at.store, edited.kind, text, edited.shown, to, mark=gettext("[Test]")
        )
    except UnfitText as error:
        return await _editor(at, edited, _refuse(fields, error), 400)
    except (Refused, RetryLater) as error:
        words = gettext("The test mail was not sent. The mail server says: %(words)s")
        return await _editor(at, edited, fields, 502, ("bad", words % {"words": error}))
    fields.errors.clear()
    words = gettext("A test mail is on its way to %(email)s. The server said: “%(words)s”.")
    said = words % {"email": to, "words": response}
    used = _samples_used(edited, text)
    if used:
        words = gettext("These variables had sample values: %(names)s.")
        said = f"{said} {words % {'names': ', '.join(used)}}"
    return await _editor(at, edited, fields, 200, ("good", said))


def _samples_used(edited: _Edited, text: Text) -> list[str]:
    return sample.samples_in(edited.shown, text.subject + text.body)


@blueprint.get("/emails/<kind>/reset")
@store_view(Permission.EDIT_EMAILS)
async def ask_reset(kind: str) -> Response:
    """Ask before the default is put back."""
    at = here()
    edited = await _edited(at, kind)
    return await confirm(
        title=gettext("Send the default text again?"),
        text=gettext("Your text stays in the history, and you can bring it back from there."),
        action=gettext("Use the default"),
        back=edited.path(at),
        fields={name: one for name, one in edited.query.items() if one},
    )


@blueprint.post("/emails/<kind>/reset")
@store_view(Permission.EDIT_EMAILS)
async def reset(kind: str) -> Response:
    """Put the default back."""
    at = here()
    form = await request.form
    edited = await _edited(at, kind)
    place = Place(kind, form.get("product") or edited.place.product_id,
                  form.get("locale") or edited.place.locale)  # fmt: skip
    if await editor.reset(at.rt, at.store, place, by=at.by):
        notice("good", gettext("The default text is sent again."))
    query = {"product": place.product_id or "", "locale": place.locale or ""}
    return lead_to(edited.path(at, **query))


@blueprint.post("/emails/<kind>/restore/<template_id>")
@store_view(Permission.EDIT_EMAILS)
async def restore(kind: str, template_id: str) -> Response:
    """Bring an earlier text back."""
    at = here()
    edited = await _edited(at, kind)
    try:
        if not await editor.restore(
            at.rt, at.store, edited.place, template_id, edited.shown, by=at.by
        ):
            not_found()
    except UnfitText as error:
        words = N_("This text cannot be used any more: %(words)s")
        notice("bad", gettext(words) % {"words": " ".join(_words(p) for p in error.problems)})
        return lead_to(edited.path(at))
    notice("good", gettext("The earlier text is sent again."))
    return lead_to(edited.path(at))
