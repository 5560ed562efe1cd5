"""License keys: the list, one of them, switching off, replacing, trying again."""

from quart import Blueprint, Response, request

from portico.i18n import N_
from portico.licenses import by_seller
from portico.licenses import service as licenses
from portico.licenses.models import LicenseState
from portico.listings import service as listings
from portico.listings.models import LicenseRow
from portico.records import service as records
from portico.records.models import LicenseRecord
from portico.sellers.models import Permission
from portico.web.dashboard.frame import confirm, page
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.dashboard.lists import filter_of
from portico.web.dashboard.narrowed import Chosen, Narrowed, chosen, exported, listed
from portico.web.http import gettext, lead_to, ngettext, notice
from portico.web.portal.provider import Failed, attempt

blueprint = Blueprint("licenses", __name__)

_HEADER = ("number", "date", "mode", "state", "key", "product", "order", "e-mail", "name",
           "issuer", "expires")  # fmt: skip
_NO_ANSWER = N_("The issuer of the keys did not answer. Nothing has changed. Try again in a "
                "minute.")  # fmt: skip


class LicenseFilter(Narrowed):
    """What the list of keys may be narrowed to."""

    state: LicenseState | None = None


@blueprint.get("/licenses")
@store_view(Permission.VIEW)
async def index() -> Response:
    """Keys, the newest first, none in full."""
    at, narrowed = here(), filter_of(LicenseFilter, request.args)
    context = await listed(at, listings.LICENSES, narrowed, narrowed.state)
    context |= {"products": await listings.products(at.rt, at.store.id), "mask": licenses.mask}
    return await page("dashboard/licenses/index.html", context)


@blueprint.get("/licenses/export")
@store_view(Permission.EXPORT)
async def export() -> Response:
    """The list as it is narrowed, as a CSV file, with the keys in full."""
    at, narrowed = here(), filter_of(LicenseFilter, request.args)
    return await exported(at, listings.LICENSES, _HEADER, _cells, narrowed, narrowed.state)


def _cells(row: LicenseRow) -> tuple[object, ...]:
    return (
        row.number, row.created_at, row.mode, row.state, row.key, row.product, row.order_number,
        row.email, row.name, row.issuer, row.expires_at,
    )  # fmt: skip


@blueprint.post("/licenses/bulk")
@store_view(Permission.EDIT_LICENSES)
async def bulk() -> Response:
    """Switch several keys off, after asking."""
    at, rows = here(), await chosen()
    if not rows.ids:
        notice("plain", gettext("Tick the keys first."))
        return lead_to(at.path("licenses"))
    if not rows.confirmed:
        return await _ask(at, rows)
    done = [await licenses.disable(at.rt, at.store, one, by=at.by) for one in rows.ids]
    count = sum(one is not None for one in done)
    words = ngettext("%(num)s key is switched off.", "%(num)s keys are switched off.", count)
    notice("good" if count else "plain", words % {"num": count})
    if count < len(done):
        left = len(done) - count
        words = ngettext(
            "%(num)s key did not count any more.", "%(num)s keys did not count any more.", left
        )
        notice("plain", words % {"num": left})
    return lead_to(at.path("licenses"))


async def _ask(at: Here, rows: Chosen) -> Response:
    count = len(rows.ids)
    title = ngettext("Switch off %(num)s key?", "Switch off %(num)s keys?", count)
    return await confirm(
        title=title % {"num": count}, text=_what_follows(), action=gettext("Switch off"),
        back=at.path("licenses"),
        fields={"ids": ",".join(rows.ids), "do": rows.do, "confirmed": "1"},
    )  # fmt: skip


def _what_follows() -> str:
    return gettext(
        "They no longer count, and the software that asks about them is told so. This cannot be "
        "undone; you can have a new key made instead."
    )


# One key


@blueprint.get("/licenses/<license_id>")
@store_view(Permission.VIEW)
async def show(license_id: str) -> Response:
    """One key, masked."""
    return await _show(await _record(here(), license_id), in_full=False)


@blueprint.post("/licenses/<license_id>/show")
@store_view(Permission.VIEW)
async def reveal(license_id: str) -> Response:
    """The key in full; that somebody has looked is noted."""
    at = here()
    record = await _record(at, license_id)
    await by_seller.reveal(at.rt, at.store, license_id, by=at.by)
    return await _show(record, in_full=True)


async def _record(at: Here, license_id: str) -> LicenseRecord:
    record = await records.license(at.rt, at.store.id, license_id)
    if record is None:
        not_found()
    return record


async def _show(record: LicenseRecord, *, in_full: bool) -> Response:
    one = record.licenses[0]
    context = {
        "one": one, "customer": record.customers[0], "product": record.products[0],
        "order": record.orders[0] if record.orders else None,
        "waiting": record.waiting[0] if record.waiting else None,
        "replaces": by_seller.replaced_by(one),
        "in_full": in_full, "masked": licenses.mask(one.key) if one.key else "",
        "counts": one.state in (LicenseState.ACTIVE, LicenseState.PENDING),
    }  # fmt: skip
    response = await page("dashboard/licenses/license.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/licenses/<license_id>/disable")
@store_view(Permission.EDIT_LICENSES)
async def ask_to_disable(license_id: str) -> Response:
    """Say what will happen."""
    at = here()
    await _record(at, license_id)
    return await confirm(
        title=gettext("Switch off this key?"), text=_what_follows(), action=gettext("Switch off"),
        back=at.path(f"licenses/{license_id}"),
    )  # fmt: skip


@blueprint.post("/licenses/<license_id>/disable")
@store_view(Permission.EDIT_LICENSES)
async def disable(license_id: str) -> Response:
    """Switch a key off."""
    at = here()
    await _record(at, license_id)
    if await licenses.disable(at.rt, at.store, license_id, by=at.by) is None:
        notice("plain", gettext("This key did not count any more."))
    else:
        notice("good", gettext("The key is switched off."))
    return lead_to(at.path(f"licenses/{license_id}"))


@blueprint.get("/licenses/<license_id>/replace")
@store_view(Permission.EDIT_LICENSES)
async def ask_to_replace(license_id: str) -> Response:
    """Say what will happen."""
    at = here()
    await _record(at, license_id)
    words = gettext(
        "A new key is made, and the customer finds it in the portal. The old one stops counting "
        "when the new one is there."
    )
    return await confirm(
        title=gettext("Replace this key?"), text=words, action=gettext("Replace"),
        back=at.path(f"licenses/{license_id}"),
    )  # fmt: skip


@blueprint.post("/licenses/<license_id>/replace")
@store_view(Permission.EDIT_LICENSES)
async def replace(license_id: str) -> Response:
    """Have a new key made in place of this one."""
    at = here()
    done = await attempt(
        at, licenses.replace(at.rt, at.store, None, license_id, by=at.by), _NO_ANSWER
    )
    if isinstance(done, Failed):
        notice("bad", done.text)
        return lead_to(at.path(f"licenses/{license_id}"))
    if done.state is LicenseState.PENDING:
        notice("plain", gettext("The new key is being made. The old one counts until then."))
    else:
        notice("good", gettext("This is the new key. The old one does not count any more."))
    return lead_to(at.path(f"licenses/{done.id}"))


@blueprint.post("/licenses/<license_id>/try-again")
@store_view(Permission.EDIT_LICENSES)
async def try_again(license_id: str) -> Response:
    """Ask the issuer for the key at once."""
    at = here()
    done = await attempt(at, by_seller.try_again(at.rt, at.store, license_id, by=at.by), _NO_ANSWER)
    if isinstance(done, Failed):
        notice("bad", done.text)
    else:
        notice("good", gettext("The issuer is asked again. Reload this page in a few seconds."))
    return lead_to(at.path(f"licenses/{license_id}"))
