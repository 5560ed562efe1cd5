"""Settings > Customer portal: where it is, what customers see in it, how they cancel."""

import io
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from quart import Blueprint, Response

from portico.i18n import N_, language_name
from portico.sellers.models import Permission
from portico.stores import service as stores
from portico.stores.models import SECTIONS, PortalSettings, Store
from portico.stores.urls import portal_url
from portico.subscriptions.models import CancellationMode
from portico.web.dashboard.domain_words import own_domain
from portico.web.dashboard.fields import WebAddress
from portico.web.dashboard.forms import Fields, Form, shown, submitted
from portico.web.dashboard.frame import page
from portico.web.dashboard.here import Here, here, store_view
from portico.web.http import gettext, lead_to, ngettext, notice

blueprint = Blueprint("dashboard_portal", __name__)

_DAYS = (1, 7, 30, 90, 180, 365)


class Proration(StrEnum):
    """As Stripe's ``proration_behavior``."""

    NONE = "none"
    CREATE_PRORATIONS = "create_prorations"
    ALWAYS_INVOICE = "always_invoice"


class PortalForm(Form):
    """The names are those of ``PortalSettings``, ``CancellationRules`` and ``UpdateRules``."""

    sections: list[Literal["purchases", "subscriptions", "downloads", "licenses", "billing"]]
    mode: CancellationMode
    cancellation_reason: bool
    proration_behavior: Proration = Proration.NONE
    retention: Annotated[str, Field(max_length=500)] = ""
    retention_url: WebAddress | None = None
    retention_percent_off: Annotated[int, Field(ge=0, le=100)] = 0
    retention_months: Annotated[int, Field(ge=1, le=36)] = 3
    price: bool
    quantity: bool
    update_proration: Proration = Proration.CREATE_PRORATIONS
    pause_months: Annotated[int, Field(ge=0, le=12)] = 0
    data_download: bool
    data_erasure: bool
    session_days: Annotated[int, Field(ge=1, le=365)]
    grace_days: Annotated[int, Field(ge=0, le=365)]
    withdraw_access_while_disputed: bool
    locale: str
    languages: list[str]

    @field_validator("languages")
    @classmethod
    def _some(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError(N_("Choose one language at least."))
        return value


def _values(at: Here, store: Store) -> dict[str, Any]:
    """What is saved, as the form has it."""
    settings = PortalSettings.of(store)
    rules, updates = settings.cancellation, settings.subscription_update
    return {
        "sections": list(settings.sections),
        "data_download": settings.data_download,
        "data_erasure": settings.data_erasure,
        "mode": rules.mode,
        "cancellation_reason": rules.cancellation_reason,
        "proration_behavior": rules.proration_behavior,
        "retention": rules.retention,
        "retention_url": rules.retention_url,
        "retention_percent_off": str(rules.retention_percent_off or ""),
        "retention_months": str(rules.retention_months),
        "price": updates.price,
        "quantity": updates.quantity,
        "update_proration": updates.proration_behavior,
        "pause_months": str(updates.pause_months),
        "session_days": str(settings.session_days),
        "grace_days": str(settings.grace_days),
        "withdraw_access_while_disputed": settings.withdraw_access_while_disputed,
        "locale": store.locale,
        "languages": list(settings.offered(_known(at))),
    }


def pauses() -> dict[int | str, str]:
    """How long a pause may be at most, in words."""
    months = range(1, 13)
    none: dict[int | str, str] = {0: gettext("Not at all")}
    return none | {
        n: ngettext("%(num)s month at most", "%(num)s months at most", n) % {"num": n}
        for n in months
    }


def _known(at: Here) -> tuple[str, ...]:
    return at.rt.themes.translations.locales


@blueprint.get("/settings/portal")
@store_view(Permission.VIEW)
async def index() -> Response:
    """Link, sections, rules."""
    return await show_page()


async def show_page(status: int = 200, domain: Fields[Any] | None = None) -> Response:
    """The page as it is saved, with the domain's form as it was sent."""
    at = here()
    return await _show(shown(_values(at, at.store)), status, domain)


async def _show(
    form: Fields[Any], status: int = 200, domain: Fields[Any] | None = None
) -> Response:
    at = here()
    url = portal_url(at.rt.settings, at.store)
    days = sorted({*_DAYS, PortalSettings.of(at.store).session_days})
    context = {
        "form": form,
        "url": url,
        "own": await own_domain(at, domain),
        "snippet": f'<a href="{url}">{gettext("Your purchases")}</a>',
        "languages_known": {code: language_name(code) for code in _known(at)},
        "pauses": pauses(),
        "days": {n: ngettext("%(num)s day", "%(num)s days", n) % {"num": n} for n in days},
    }
    return await page("dashboard/settings/portal.html", context, status)


@blueprint.post("/settings/portal")
@store_view(Permission.EDIT_SETTINGS)
async def save() -> Response:
    """Save what the form says, unless somebody else has saved something else meanwhile."""
    at = here()
    fields = (await submitted(PortalForm)).against(_values(at, at.store))
    form = fields.data
    if form is None:
        return await _show(fields, 409 if fields.conflicts else 400)
    known = _known(at)
    if form.locale not in known or form.locale not in form.languages:
        fields.refuse("locale", gettext("Choose one of the languages that you offer."))
        return await _show(fields, 400)
    values = {
        "sections": [one for one in SECTIONS if one in form.sections],
        "data_download": form.data_download,
        "data_erasure": form.data_erasure,
        "session_days": form.session_days,
        "grace_days": form.grace_days,
        "withdraw_access_while_disputed": form.withdraw_access_while_disputed,
        # All of them means also those of later releases.
        "languages": [] if set(known) <= set(form.languages) else form.languages,
        "cancellation": {
            "mode": form.mode.value,
            "cancellation_reason": form.cancellation_reason,
            "proration_behavior": form.proration_behavior.value,
            "retention": form.retention,
            "retention_url": form.retention_url or "",
            "retention_percent_off": form.retention_percent_off,
            "retention_months": form.retention_months,
        },
        "subscription_update": {
            "price": form.price,
            "quantity": form.quantity,
            "proration_behavior": form.update_proration.value,
            "pause_months": form.pause_months,
        },
    }
    await stores.update_portal(at.rt, at.store.id, values, locale=form.locale, by=at.by)
    notice("good", gettext("Saved. Customers see it at once."))
    return lead_to(at.path("settings/portal"))


@blueprint.get("/settings/portal/qr.svg")
@store_view(Permission.VIEW)
async def qr_code() -> Response:
    """The portal's link as a QR code, for receipts and packages."""
    at = here()
    out = io.BytesIO()
    import segno  # noqa: PLC0415 - 1 MB, for this one picture

    code = segno.make(portal_url(at.rt.settings, at.store), micro=False, error="m")
    code.save(out, kind="svg", scale=8, border=4, light="#fff", dark="#000")
    response = Response(out.getvalue(), content_type="image/svg+xml")
    response.headers["Content-Disposition"] = (
        f'inline; filename="{at.store.slug}-portal.svg"'
    )  # fmt: skip
    # Opened by itself the picture is a document: it may do nothing.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
