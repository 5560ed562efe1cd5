"""Settings > Appearance: the theme, its settings, the logo, and how the portal looks with them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

from quart import Blueprint, Response, g, request

from portico.i18n import N_
from portico.sellers.models import Permission
from portico.stores import images
from portico.stores import service as stores
from portico.stores.images import BadImage
from portico.stores.models import Store
from portico.themes.accent import light_shades
from portico.themes.check import faint
from portico.themes.colors import parse_color
from portico.themes.manifest import Setting, SettingType
from portico.themes.samples import Samples
from portico.web.dashboard.forms import Fields, Form, shown
from portico.web.dashboard.frame import page
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.http import gettext, lead_to, notice, typed

blueprint = Blueprint("appearance", __name__)

CUSTOMERS = {
    "overview": N_("A customer with purchases"),
    "overview-past-due": N_("A payment has failed"),
    "overview-empty": N_("Nothing bought yet"),
    "sign-in": N_("Signing in"),
}
"""Who the preview shows the portal to: names of sample pages, and words for them."""
_WRONG = {
    SettingType.COLOR: N_("Enter a colour such as #3056c6."),
    SettingType.SELECT: N_("Choose one of the list."),
    SettingType.TEXT: N_("Use at most 500 characters, in one line."),
    SettingType.IMAGE: N_("Choose a file."),
}

_FRONTS = {
    "text": N_("text"), "muted": N_("pale text"), "accent-text": N_("a link"),
    "on-accent": N_("the text on a button"), "accent-edge": N_("the outline of a control"),
    "line-strong": N_("the outline of a field"), "good": N_("good news"),
    "warn": N_("a warning"), "bad": N_("bad news"),
}  # fmt: skip


class ThemeField(NamedTuple):
    """A setting of the theme, its words in the reader's language."""

    name: str
    kind: str
    label: str
    help: str
    choices: Mapping[str, str]


def _fields(at: Here) -> list[ThemeField]:
    theme = at.rt.themes.theme_of(at.store)
    if theme is None:
        return []
    say = at.rt.themes.translations.translator(at.locale, theme.line).gettext
    return [
        ThemeField(
            name, one.type.value, say(one.label), say(one.help) if one.help else "",
            {value: say(option.label) for value, option in one.options.items()},
        )
        for name, one in theme.settings.items()
    ]  # fmt: skip


def _values(at: Here) -> dict[str, Any]:
    """What is in force, as inputs show it; pictures have forms of their own."""
    values = at.rt.themes.settings_of(at.store)
    kinds = _settings(at)
    return {
        name: parse_color(value).hex() if kinds[name].type is SettingType.COLOR else value
        for name, value in values.items()
        if kinds[name].type is not SettingType.IMAGE
    }


def _settings(at: Here) -> Mapping[str, Setting]:
    theme = at.rt.themes.theme_of(at.store)
    return theme.settings if theme else {}


@blueprint.get("/settings/appearance")
@store_view(Permission.VIEW)
async def index() -> Response:
    """Themes, settings, preview."""
    return await _show(shown(_values(here())))


async def _show(form: Fields[Any], status: int = 200, *, image_error: str = "") -> Response:
    at = here()
    theme = at.rt.themes.theme_of(at.store)
    good = {name: value for name, value in form.values.items() if name not in form.errors}
    look = _with(at, at.store.theme, good)
    context = {
        "form": form,
        "fields": _fields(at),
        "themes": at.rt.themes.titles(),
        "current": theme.name if theme else "",
        "images": at.rt.themes.settings_of(at.store),
        "image_error": image_error,
        "customers": {name: gettext(words) for name, words in CUSTOMERS.items()},
        "preview": at.path("settings/appearance/preview"),
        "query": urlencode(good),
        "contrast": _contrast(at, look),
    }
    return await page("dashboard/settings/appearance.html", context, status)


def _with(at: Here, theme: str, values: Mapping[str, str]) -> Store:
    """The store as it would be. What does not fit the theme counts as not given."""
    kept = at.store.theme_settings if theme == at.store.theme else {}
    return replace(at.store, theme=theme, theme_settings={**kept, **values})


def _contrast(at: Here, look: Store) -> list[tuple[str, str]]:
    """Whether everything can be read, in words; and what the colour becomes for that."""
    said = []
    for front, dark in sorted(faint(at.rt.themes, look)):
        words = N_("In the dark, %(what)s is hard to tell from its ground.")
        if not dark:
            words = N_("In the light, %(what)s is hard to tell from its ground.")
        what = gettext(_FRONTS.get(front, front))
        said.append(("warn", gettext(words) % {"what": what}))
    if not said:
        words = gettext("Text, buttons and outlines can be read well, in the light and the dark.")
        said.append(("good", words))
    accent = at.rt.themes.settings_of(look).get("accent")
    if accent:
        shades = light_shades(parse_color(accent))
        if shades.text.hex() != shades.fill.hex():
            words = gettext("As text your colour would be too light: links are %(color)s instead.")
            said.append(("calm", words % {"color": shades.text.hex()}))
    return said


@blueprint.post("/settings/appearance")
@store_view(Permission.EDIT_SETTINGS)
async def save() -> Response:
    """Save the theme's settings, or (``do`` is preview) only show what they would do."""
    at, sent = here(), await typed()
    settings, before = _settings(at), _values(at)
    values = {name: sent.get(name, "") for name in before}
    fields: Fields[Form] = Fields(dict(values), version=sent.get("form_version", ""))
    for name, value in values.items():
        try:
            settings[name].check(value)
        except ValueError:
            fields.refuse(name, gettext(_WRONG[settings[name].type]))
    if g.get("form_expired") or sent.get("do") == "preview":
        return await _show(fields)
    if fields.against(before).conflicts or fields.errors:
        return await _show(fields, 409 if fields.conflicts else 400)
    new = {**at.store.theme_settings, **values}
    await stores.update_settings(at.rt, at.store.id, theme_settings=new, by=at.by)
    notice("good", gettext("Saved. Customers see it at once."))
    return lead_to(at.path("settings/appearance"))


@blueprint.post("/settings/appearance/theme")
@store_view(Permission.EDIT_SETTINGS)
async def choose_theme() -> Response:
    """Another theme; of the settings, those stay that it has too."""
    at, sent = here(), await typed()
    theme = at.rt.themes.themes.get(sent.get("theme", ""))
    if theme is None or g.get("form_expired"):
        return lead_to(at.path("settings/appearance"))
    given = {name: one for name, one in at.store.theme_settings.items() if name in theme.settings}
    wrong = at.rt.themes.validate_settings(theme.name, given)
    kept = {name: value for name, value in given.items() if name not in wrong}
    await stores.update_settings(
        at.rt, at.store.id, theme=theme.name, theme_settings=kept, by=at.by
    )
    notice("good", gettext("Your portal has another theme."))
    return lead_to(at.path("settings/appearance"))


@blueprint.post("/settings/appearance/image/<name>")
@store_view(Permission.EDIT_SETTINGS)
async def change_image(name: str) -> Response:
    """A picture of the theme, such as the logo: another one, or none."""
    at, sent = here(), await typed()
    setting = _settings(at).get(name)
    if setting is None or setting.type is not SettingType.IMAGE:
        not_found()
    path = ""
    if sent.get("do") != "remove":
        file = (await request.files).get("file")
        try:
            content = file.read(images.LARGEST + 1) if file else b""
            path = await images.add(at.rt, at.store.id, content, by=at.by)
        except BadImage as error:
            return await _show(shown(_values(at)), 400, image_error=gettext(str(error)))
    new = {**at.store.theme_settings, name: path}
    await stores.update_settings(at.rt, at.store.id, theme_settings=new, by=at.by)
    notice("good", gettext("Saved. Customers see it at once."))
    return lead_to(at.path("settings/appearance"))


# The preview: a page with sample data in a frame, for values that are not saved


def _look(at: Here) -> Store:
    theme = request.args.get("theme", at.store.theme)
    if theme not in at.rt.themes.themes:
        theme = at.store.theme
    found = at.rt.themes.themes.get(theme)
    names = found.settings if found else {}
    given = {name: value for name, value in request.args.items() if name in names}
    return _with(at, theme, given)


@blueprint.get("/settings/appearance/preview")
@store_view(Permission.VIEW)
async def preview() -> Response:
    """A sample page in the store's own name; nothing in it can be clicked."""
    at = here()
    look, wanted = _look(at), request.args.get("as", "")
    wanted = wanted if wanted in CUSTOMERS else "overview"
    samples = Samples(look.theme, at.locale)
    samples.store = look
    case = next(one for one in samples.cases() if one.name == wanted)
    frame = replace(case.frame, store=look)
    html = at.rt.themes.render_page(look, case.page, frame, {})
    # Another process may answer for the sheet, and it knows only what is saved.
    sheet = at.rt.themes.sheet(look)
    own = at.path("settings/appearance/preview.css", theme=look.theme, **look.theme_settings)
    html = html.replace(f"/static/theme/{look.slug}/{sheet.digest}.css", own.replace("&", "&amp;"))
    return Response(
        html.replace("<body", "<body inert", 1), content_type="text/html; charset=utf-8"
    )


@blueprint.get("/settings/appearance/preview.css")
@store_view(Permission.VIEW)
async def preview_sheet() -> Response:
    """The style sheet of what is not saved."""
    at = here()
    response = Response(at.rt.themes.stylesheet(_look(at)), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
