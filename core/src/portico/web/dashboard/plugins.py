"""Plugins: what is installed, what each is good for, how it does, and whether the store uses it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError
from quart import Blueprint, Response, abort, g

from portico.activation import service as activation
from portico.activation.models import Activation, HookHealth
from portico.activation.service import Dependent, StillNeeded
from portico.hooks.checkout import CheckoutHooks
from portico.hooks.errors import InvalidSettings, Refused
from portico.hooks.loader import LoadedPlugin
from portico.hooks.order import SETTING, in_order, moved
from portico.i18n import N_
from portico.sellers.models import Permission
from portico.stores import service as stores
from portico.web.dashboard.attention import not_ready
from portico.web.dashboard.forms import Form, submitted, words_of
from portico.web.dashboard.frame import confirm, page
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.dashboard.plugin_words import CAPABILITIES, DEPENDENTS, provided
from portico.web.dashboard.schema_form import Schema
from portico.web.http import gettext, lead_to, notice, typed
from portico.web.portal.provider import message_of

blueprint = Blueprint("dashboard_plugins", __name__)


class HealthRow(NamedTuple):
    """How a plugin's hooks have done in the store, taken together. Milliseconds."""

    calls: int
    errors: int
    timeouts: int
    p95: float
    last: HookHealth | None


class PluginRow(NamedTuple):
    """An installed plugin in this store."""

    loaded: LoadedPlugin
    title: str
    description: str
    state: Activation
    provides: Sequence[str]
    health: HealthRow


class Choice(NamedTuple):
    """What several plugins that are on can do: who does it for what is new."""

    setting: str
    label: str
    able: dict[str, str]
    chosen: str


@blueprint.get("/plugins")
@store_view(Permission.VIEW)
async def index() -> Response:
    """Every plugin, in the order in which they are asked."""
    at = here()
    health = await activation.health(at.rt, at.store)
    p95 = await activation.p95(at.rt, at.store)
    names = in_order(at.store, at.rt.registry.plugins)
    rows = [await _row(at, at.rt.registry.plugins[name], health, p95) for name in names]
    context = {"rows": rows, "choices": await choices(at)}
    return await page("dashboard/plugins/index.html", context)


async def _row(
    at: Here,
    loaded: LoadedPlugin,
    health: Sequence[HookHealth],
    p95: Mapping[tuple[str, str], float],
) -> PluginRow:
    say = at.rt.themes.translations.gettext(at.locale, loaded.name)
    state = await activation.state(at.rt, at.store, loaded.name)
    own = [one for one in health if one.plugin == loaded.name]
    plugin = loaded.plugin
    return PluginRow(
        loaded, say(plugin.title), say(plugin.description) if plugin.description else "", state,
        [gettext(words) for words in provided(at.rt.registry, loaded.name)],
        _summary(own, p95.get((loaded.name, ""), 0)),
    )  # fmt: skip


def _summary(own: Sequence[HookHealth], p95: float) -> HealthRow:
    calls = sum(one.calls for one in own)
    failed = [one for one in own if one.last_error_at is not None]
    last = max(failed, key=lambda one: str(one.last_error_at), default=None)
    errors, timeouts = sum(one.errors for one in own), sum(one.timeouts for one in own)
    return HealthRow(calls, errors, timeouts, p95, last)


async def choices(at: Here, *only: str) -> list[Choice]:
    """What more than one plugin that is on can do."""
    on = await activation.enabled(at.rt, at.store)
    found = []
    for setting, (label, hook) in CAPABILITIES.items():
        able = {
            name: at.plugin_title(name)
            for name in at.rt.registry.names_answering(hook)
            if name in on
        }
        if len(able) > 1 and (not only or setting in only):
            chosen = await activation.chosen(at.rt, at.store, hook, setting=setting)
            found.append(Choice(setting, gettext(label), able, chosen or ""))
    return found


@blueprint.post("/plugins/<name>/up")
@store_view(Permission.EDIT_PLUGINS)
async def move_up(name: str) -> Response:
    """Ask it, and show what it adds, before the one above it."""
    return await _move(name, -1)


@blueprint.post("/plugins/<name>/down")
@store_view(Permission.EDIT_PLUGINS)
async def move_down(name: str) -> Response:
    """Ask it, and show what it adds, behind the one below it."""
    return await _move(name, 1)


async def _move(name: str, step: int) -> Response:
    at = here()
    _plugin(at, name)
    order = moved(at.store, at.rt.registry.plugins, name, step)
    await stores.change_settings(at.rt, at.store.id, by=at.by, **{SETTING: order})
    return lead_to(at.path("plugins"))


class ChoiceForm(Form):
    """Who does something from now on."""

    setting: Literal["auth", "payments", "storage", "email"]
    plugin: str


@blueprint.post("/plugins/choose")
@store_view(Permission.EDIT_PLUGINS)
async def choose() -> Response:
    """Let another plugin do something for what is new."""
    at = here()
    form = (await submitted(ChoiceForm)).data
    if form is not None:
        if form.setting == "payments" and not at.can(Permission.EDIT_PAYMENTS):
            abort(403)
        able = [one.able for one in await choices(at, form.setting)]
        if not able or form.plugin not in able[0]:
            not_found()
        await stores.update_part(
            at.rt, at.store.id, "providers", {form.setting: form.plugin}, by=at.by
        )
        notice("good", gettext("Saved. What exists stays where it is."))
    return lead_to(at.path("plugins"))


# One plugin


def _plugin(at: Here, name: str) -> LoadedPlugin:
    loaded = at.rt.registry.get(name)
    if loaded is None:
        not_found()
    return loaded


def may_edit(at: Here, name: str) -> bool:
    """Who may switch and set this plugin: one that takes money, only owners."""
    takes_money = name in at.rt.registry.names_answering(CheckoutHooks.start_checkout)
    return at.can(Permission.EDIT_PAYMENTS if takes_money else Permission.EDIT_PLUGINS)


def _may_change(at: Here, name: str) -> LoadedPlugin:
    loaded = _plugin(at, name)
    if not may_edit(at, name):
        abort(403)
    return loaded


async def _schema(at: Here, loaded: LoadedPlugin) -> Schema:
    current = await activation.plugin_settings(at.rt, at.store, loaded.name)
    return Schema.of(current, at.rt.themes.translations.gettext(at.locale, loaded.name))


@blueprint.get("/plugins/<name>")
@store_view(Permission.VIEW)
async def show(name: str) -> Response:
    """What it is, its switch, its settings, how it does."""
    at = here()
    loaded = _plugin(at, name)
    schema = await _schema(at, loaded)
    return await _show(at, loaded, schema, schema.shown())


async def _show(
    at: Here, loaded: LoadedPlugin, schema: Schema, form: Any, status: int = 200, *,
    needed: Sequence[Dependent] | None = None, problem: str = "",
) -> Response:  # fmt: skip
    health = await activation.health(at.rt, at.store)
    p95 = await activation.p95(at.rt, at.store)
    if needed is None and not loaded.always_on:
        needed = await activation.dependents(at.rt, at.store, loaded.name)
    context = {
        "row": await _row(at, loaded, health, p95),
        "p95": {hook: ms for (plugin, hook), ms in p95.items() if plugin == loaded.name},
        "hooks": [one for one in health if one.plugin == loaded.name],
        "needed": [
            (gettext(DEPENDENTS.get(one.what, one.what)), one.count) for one in needed or ()
        ],
        "unready": [one for name, one in await not_ready(at) if name == loaded.name],
        "problem": problem,
        "schema": schema,
        "form": form,
        "may": may_edit(at, loaded.name),
    }
    return await page("dashboard/plugins/plugin.html", context, status)


@blueprint.post("/plugins/<name>")
@store_view(Permission.EDIT_PLUGINS)
async def save(name: str) -> Response:
    """Save its settings; the plugin itself is asked whether they work."""
    at = here()
    loaded = _may_change(at, name)
    schema = await _schema(at, loaded)
    fields, values = schema.submitted(await typed())
    if g.get("form_expired") or fields.conflicts:
        return await _show(at, loaded, schema, fields, 409 if fields.conflicts else 400)
    try:
        await activation.save_settings(at.rt, at.store, name, values, by=at.by)
    except InvalidSettings as error:
        known = {one.name for one in schema.fields}
        say = at.rt.themes.translations.gettext(at.locale, name)
        for path, message in _errors(error, say).items():
            # A list's path goes on with the number of the line.
            field = path if path in known else path.rpartition(".")[0]
            fields.refuse(field if field in known else "", message)
        return await _show(at, loaded, schema, fields, 400)
    except Refused as error:
        return await _show(at, loaded, schema, fields.refuse("", message_of(error)), 409)
    notice("good", gettext("Saved."))
    return lead_to(at.path(f"plugins/{name}"))


def _errors(error: InvalidSettings, say: Callable[[str], str]) -> dict[str, str]:
    """What is wrong, by path, in the reader's language as far as it is known there."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return {".".join(map(str, one["loc"])): say(words_of(one)) for one in cause.errors()}
    return {field: error.words(field, say) for field in error.errors}


class SwitchForm(Form):
    """What becomes of the plugin."""

    to: Literal["on", "retiring"]


@blueprint.post("/plugins/<name>/switch")
@store_view(Permission.EDIT_PLUGINS)
async def switch(name: str) -> Response:
    """On, or retiring."""
    at = here()
    loaded = _may_change(at, name)
    form = (await submitted(SwitchForm)).data
    if form is not None and not loaded.always_on:
        if form.to == "on":
            await activation.enable(at.rt, at.store, name, by=at.by)
            words = gettext("%(plugin)s is on.")
        else:
            await activation.retire(at.rt, at.store, name, by=at.by)
            words = gettext("%(plugin)s retires: it begins nothing new.")
        notice("good", words % {"plugin": at.plugin_title(name)})
    return lead_to(at.path(f"plugins/{name}"))


_GONE = N_(
    "Its pages, menu entries, mails, work in the background and webhooks are gone from this store "
    "at once. What it has recorded stays, and its settings too."
)


@blueprint.get("/plugins/<name>/off")
@store_view(Permission.EDIT_PLUGINS)
async def ask_to_switch_off(name: str) -> Response:
    """Say what goes; or, while it looks after something, what that is."""
    at = here()
    loaded = _may_change(at, name)
    if loaded.always_on:
        not_found()
    if needed := await activation.dependents(at.rt, at.store, name):
        return await _needed(at, loaded, needed)
    words = [gettext(_GONE), *await _nobody_else(at, name)]
    return await confirm(
        title=gettext("Switch off %(plugin)s?") % {"plugin": at.plugin_title(name)},
        text=" ".join(words), action=gettext("Switch off"), back=at.path(f"plugins/{name}"),
    )  # fmt: skip


async def _needed(at: Here, loaded: LoadedPlugin, needed: Sequence[Dependent]) -> Response:
    schema = await _schema(at, loaded)
    words = gettext(
        "It cannot go off while it looks after something. Let it retire: it then begins nothing "
        "new, and can go off when these have ended."
    )
    return await _show(at, loaded, schema, schema.shown(), 409, needed=needed, problem=words)


async def _nobody_else(at: Here, name: str) -> list[str]:
    """What nobody could do any more."""
    on = await activation.enabled(at.rt, at.store)
    lacking = []
    for label, hook in CAPABILITIES.values():
        able = [one for one in at.rt.registry.names_answering(hook) if one in on]
        if able == [name]:
            words = gettext("No other plugin does this: %(what)s.")
            lacking.append(words % {"what": gettext(label)})
    return lacking


@blueprint.post("/plugins/<name>/off")
@store_view(Permission.EDIT_PLUGINS)
async def switch_off(name: str) -> Response:
    """All of it at once; refused while it owns something live."""
    at = here()
    loaded = _may_change(at, name)
    if loaded.always_on:
        not_found()
    try:
        await activation.disable(at.rt, at.store, name, by=at.by)
    except StillNeeded as error:
        return await _needed(at, loaded, error.dependents)
    notice("good", gettext("%(plugin)s is off.") % {"plugin": at.plugin_title(name)})
    return lead_to(at.path(f"plugins/{name}"))


@blueprint.post("/plugins/<name>/health")
@store_view(Permission.EDIT_PLUGINS)
async def reset_health(name: str) -> Response:
    """Count from zero, after something was mended."""
    at = here()
    _plugin(at, name)
    await activation.reset_health(at.rt, at.store, name)
    await at.audit("plugin.health_reset", "plugin", name)
    return lead_to(at.path(f"plugins/{name}"))
