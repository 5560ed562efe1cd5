"""A product's license keys: who issues them and in what format, and keys for past purchases."""

from collections.abc import Callable

from pydantic import ValidationError
from quart import Blueprint, Response, g, request

from portico.activation import service as activation
from portico.catalog import service as catalog
from portico.catalog.models import Product
from portico.hooks.errors import InvalidSettings
from portico.hooks.licenses import LicenseHooks
from portico.i18n import format_number
from portico.licenses import past
from portico.sellers.models import Permission
from portico.web.dashboard.forms import Fields, Form, shown, words_of
from portico.web.dashboard.frame import confirm
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.dashboard.product_frame import product_of, product_page
from portico.web.dashboard.schema_form import Schema
from portico.web.http import gettext, lead_to, ngettext, notice, typed, wants_fragment

blueprint = Blueprint("product_licenses", __name__)


async def _issuers(at: Here, product: Product) -> dict[str, str]:
    """The plugins that issue keys and are on in the store, and the product's own; with titles."""
    on = await activation.enabled(at.rt, at.store)
    names = at.rt.registry.names_answering(LicenseHooks.issue_license)
    return {
        name: _say(at, name)(at.rt.registry.plugins[name].plugin.title)
        for name in names
        if name in on or name == product.license_issuer
    }


def _say(at: Here, plugin: str) -> Callable[[str], str]:
    return at.rt.themes.translations.gettext(at.locale, plugin)


def _schema(at: Here, product: Product, issuer: str) -> Schema:
    """What the seller sets of an issuer's keys, as the product has it."""
    own = product.license_settings if product.license_issuer == issuer else {}
    try:
        current = catalog.check_license_settings(at.rt, issuer, own)
    except InvalidSettings:  # of an older version of the plugin
        current = catalog.check_license_settings(at.rt, issuer, {})
    return Schema.of(current, _say(at, issuer))


@blueprint.get("/products/<product_id>/licenses")
@store_view(Permission.VIEW)
async def index(product_id: str) -> Response:
    """Whether keys are issued, by whom, and how they look."""
    at, product = here(), await product_of(product_id)
    issuers = await _issuers(at, product)
    wanted = request.args.get("issuer") or product.license_issuer or next(iter(issuers), "")
    if wanted and wanted not in issuers:
        not_found()
    if not wanted:
        return await _show(product, "", None, shown({}))
    schema = _schema(at, product, wanted)
    return await _show(product, wanted, schema, schema.shown())


async def _show(
    product: Product, issuer: str, schema: Schema | None, form: Fields[Form], status: int = 200
) -> Response:
    at = here()
    context = {
        "form": form,
        "issuer": issuer,
        "issuers": await _issuers(at, product),
        "schema": schema,
        "past": await past.progress(at.rt, at.store, product.id),
    }
    part = "dashboard/products/_past.html"
    return await product_page(product, "licenses", context, status, fragment=part)


@blueprint.post("/products/<product_id>/licenses")
@store_view(Permission.EDIT_PRODUCTS)
async def save(product_id: str) -> Response:
    """Have a plugin issue a key for each copy that is sold."""
    at, product = here(), await product_of(product_id)
    issuer = request.args.get("issuer", "")
    if issuer not in await _issuers(at, product):
        not_found()
    schema = _schema(at, product, issuer)
    fields, values = schema.submitted(await typed())
    if g.get("form_expired") or fields.conflicts:
        return await _show(product, issuer, schema, fields, 409 if fields.conflicts else 400)
    values = {name: value for name, value in values.items() if value is not None}  # the default
    try:
        await catalog.set_license_issuer(at.rt, at.store, product.id, issuer, values, by=at.by)
    except InvalidSettings as error:
        for name, words in _errors(error, _say(at, issuer)).items():
            fields.refuse(name, words)
        return await _show(product, issuer, schema, fields, 400)
    notice("good", gettext("Saved. Every copy that is sold from now on gets a key."))
    return lead_to(at.path(f"products/{product.id}/licenses"))


def _errors(error: InvalidSettings, say: Callable[[str], str]) -> dict[str, str]:
    """What is wrong, by field; the plugin's own words in its own translation."""
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        return {field: error.words(field, say) for field in error.errors}
    return {
        ".".join(map(str, one["loc"])): say(str(one["ctx"]["error"]))
        if one["type"] == "value_error"
        else words_of(one)
        for one in cause.errors()
    }


@blueprint.get("/products/<product_id>/licenses/off")
@store_view(Permission.EDIT_PRODUCTS)
async def ask_to_stop(product_id: str) -> Response:
    """Say what will happen."""
    at, product = here(), await product_of(product_id)
    return await confirm(
        title=gettext("Sell %(product)s without license keys?") % {"product": product.name},
        text=gettext("New buyers get no key. Keys that were issued stay as they are."),
        action=gettext("Sell without keys"), back=at.path(f"products/{product.id}/licenses"),
    )  # fmt: skip


@blueprint.post("/products/<product_id>/licenses/off")
@store_view(Permission.EDIT_PRODUCTS)
async def stop(product_id: str) -> Response:
    """Issue no keys any more."""
    at, product = here(), await product_of(product_id)
    await catalog.set_license_issuer(at.rt, at.store, product.id, None, by=at.by)
    notice("good", gettext("New buyers get no key."))
    return lead_to(at.path(f"products/{product.id}/licenses"))


@blueprint.get("/products/<product_id>/licenses/past")
@store_view(Permission.EDIT_PRODUCTS)
async def ask_for_past(product_id: str) -> Response:
    """Say how many keys will be made."""
    at, product = here(), await product_of(product_id)
    most = past.MOST_COUNTED if wants_fragment() else past.MOST
    found = await past.progress(at.rt, at.store, product.id, most)
    told = gettext(
        "Buyers find their key in the portal; no mail is sent. Refunded purchases get none."
    )
    return await confirm(
        title=gettext("Create keys for past purchases?"), text=f"{_lacking(found)} {told}".strip(),
        action=gettext("Create keys"), back=at.path(f"products/{product.id}/licenses"),
        recount=found.more and not wants_fragment(),
    )  # fmt: skip


def _lacking(found: past.Progress) -> str:
    """How many purchases have no key, as far as they were looked at."""
    if found.more and not found.missing:
        return ""
    words = ngettext(
        "%(count)s purchase has no key.", "%(count)s purchases have no key.", found.missing
    )
    if found.more:
        words = gettext("%(count)s or more purchases have no key.")
    return words % {"count": format_number(found.missing, here().locale)}


@blueprint.post("/products/<product_id>/licenses/past")
@store_view(Permission.EDIT_PRODUCTS)
async def make_past(product_id: str) -> Response:
    """Have keys made for what was bought before."""
    at, product = here(), await product_of(product_id)
    if product.license_issuer is None:
        notice("bad", gettext("Choose first which keys the product gets."))
    else:
        await past.start(at.rt, at.store, product.id, by=at.by)
        notice("good", gettext("The keys are being made."))
    return lead_to(at.path(f"products/{product.id}/licenses"))
