"""Settings > Store, with the change between test and live mode; Settings > Legal."""

from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import Field
from quart import Blueprint, Response

from portico.hooks.checkout import CheckoutHooks
from portico.i18n import N_, language_name
from portico.sellers.models import Permission
from portico.stores import service as stores
from portico.stores.models import Mode, PortalSettings, Store
from portico.stores.service import InvalidStore
from portico.web.dashboard.fields import WebAddress
from portico.web.dashboard.forms import EmailAddress, Fields, Form, shown, submitted
from portico.web.dashboard.frame import confirm, page
from portico.web.dashboard.here import Here, here, store_view
from portico.web.dashboard.setup import CURRENCIES
from portico.web.http import gettext, lead_to, notice

blueprint = Blueprint("store_settings", __name__)


class StoreForm(Form):
    """The fields of a store that its sellers may change."""

    name: Annotated[str, Field(max_length=80)]
    support_email: EmailAddress | None = None
    currency: Annotated[str, Field(max_length=3)]
    timezone: Annotated[str, Field(max_length=64)]
    locale: str


class LegalForm(Form):
    """What the law asks for at the foot of every page."""

    privacy_url: WebAddress | None = None
    terms_url: WebAddress | None = None
    imprint: Annotated[str, Field(max_length=5000)] = ""


# Settings > Store


def _store_values(store: Store) -> dict[str, Any]:
    return {name: getattr(store, name) for name in StoreForm.model_fields}


@blueprint.get("/settings/store")
@store_view(Permission.VIEW)
async def store() -> Response:
    """Name, money, time."""
    return await _show_store(shown(_store_values(here().store)))


async def _show_store(form: Fields[Any], status: int = 200) -> Response:
    at = here()
    zones = {one for one in available_timezones() if "/" in one and not one.startswith("Etc/")}
    currencies = {*CURRENCIES, at.store.currency}
    known = at.rt.themes.translations.locales
    context = {
        "form": form,
        "currencies": {one: one for one in sorted(currencies)},
        "zones": {one: one.replace("_", " ") for one in sorted(zones | {"UTC", at.store.timezone})},
        "languages_known": {one: language_name(one) for one in known},
    }
    return await page("dashboard/settings/store.html", context, status)


@blueprint.post("/settings/store")
@store_view(Permission.EDIT_SETTINGS)
async def save_store() -> Response:
    """Save the fields, unless somebody else has saved others meanwhile."""
    at = here()
    fields = (await submitted(StoreForm)).against(_store_values(at.store))
    form = fields.data
    if form is None:
        return await _show_store(fields, 409 if fields.conflicts else 400)
    if form.locale not in PortalSettings.of(at.store).offered(at.rt.themes.translations.locales):
        fields.refuse("locale", gettext("Choose one of the languages that you offer."))
        return await _show_store(fields, 400)
    try:
        await stores.update_settings(at.rt, at.store.id, **form.model_dump(), by=at.by)
    except InvalidStore:
        # The name is filled in: what is left are names that came from no list of ours.
        field = "timezone" if form.currency.upper() in CURRENCIES else "currency"
        return await _show_store(fields.refuse(field, gettext("Choose one of the list.")), 400)
    notice("good", gettext("Saved."))
    return lead_to(at.path("settings/store"))


_MODES = {
    Mode.LIVE: (
        N_("Take real money with %(store)s?"),
        N_(
            "From now on customers pay with real money, and figures count real purchases only. "
            "What was bought in test mode stays, marked as a test. You can go back to test mode."
        ),
        N_("Switch to live mode"),
    ),
    Mode.TEST: (
        N_("Put %(store)s in test mode?"),
        N_(
            "From now on nobody can buy with real money, and figures count test purchases. "
            "Customers keep what they bought, and subscriptions are charged as before."
        ),
        N_("Switch to test mode"),
    ),
}
_NO_PROVIDER = N_(
    "No payment plugin that is on takes real money: until one does, nothing can be bought."
)


def _other(at: Here) -> Mode:
    return Mode.TEST if at.store.mode is Mode.LIVE else Mode.LIVE


@blueprint.get("/settings/store/mode")
@store_view(Permission.EDIT_PAYMENTS)
async def ask_for_mode() -> Response:
    """Say what will change."""
    at, mode = here(), _other(here())
    title, text, action = (gettext(one) for one in _MODES[mode])
    if mode is Mode.LIVE and not await _takes_real_money(at):
        text = f"{text} {gettext(_NO_PROVIDER)}"
    return await confirm(
        title=title % {"store": at.store.name}, text=text, action=action,
        back=at.path("settings/store"), fields={"mode": mode.value},
    )  # fmt: skip


async def _takes_real_money(at: Here) -> bool:
    on = (await at.rt.hooks.activations.of(at.store)).on
    modes = at.rt.registry.contributed(CheckoutHooks.checkout_modes)
    return any(name in on and Mode.LIVE in taken for name, taken in modes.items())


class ModeForm(Form):
    """The mode that was asked about: a second click changes nothing."""

    mode: Mode


@blueprint.post("/settings/store/mode")
@store_view(Permission.EDIT_PAYMENTS)
async def change_mode() -> Response:
    """Switch between test and live."""
    at, fields = here(), await submitted(ModeForm)
    if fields.data is not None and fields.data.mode is not at.store.mode:
        await stores.update_settings(at.rt, at.store.id, mode=fields.data.mode, by=at.by)
        live = fields.data.mode is Mode.LIVE
        notice("good", gettext("The store is live.") if live else gettext("This is test mode."))
    return lead_to(at.path("settings/store"))


# Settings > Legal


def _legal_values(store: Store) -> dict[str, Any]:
    settings = PortalSettings.of(store)
    return {name: getattr(settings, name) for name in LegalForm.model_fields}


@blueprint.get("/settings/legal")
@store_view(Permission.VIEW)
async def legal() -> Response:
    """Privacy, terms, imprint, withdrawal."""
    return await _show_legal(shown(_legal_values(here().store)))


async def _show_legal(form: Fields[Any], status: int = 200) -> Response:
    at = here()
    on = (await at.rt.hooks.activations.of(at.store)).on
    withdrawal = [one for name, one in at.rt.registry.plugins.items() if "withdrawal" in name]
    context = {
        "form": form,
        "withdrawal": next(iter(withdrawal), None),
        "withdrawal_on": any(one.name in on for one in withdrawal),
    }
    return await page("dashboard/settings/legal.html", context, status)


@blueprint.post("/settings/legal")
@store_view(Permission.EDIT_SETTINGS)
async def save_legal() -> Response:
    """Save the links and the imprint."""
    at = here()
    fields = (await submitted(LegalForm)).against(_legal_values(at.store))
    if fields.data is None:
        return await _show_legal(fields, 409 if fields.conflicts else 400)
    await stores.update_portal(at.rt, at.store.id, fields.data.model_dump(), by=at.by)
    notice("good", gettext("Saved. Customers see it at once."))
    return lead_to(at.path("settings/legal"))
