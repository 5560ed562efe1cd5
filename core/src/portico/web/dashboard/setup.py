"""The first seller sets the installation up; every owner may open further stores."""

import re
import unicodedata
from typing import Annotated, Any

from pydantic import Field
from quart import Blueprint, Response, request

from portico.runtime import Runtime
from portico.sellers import service as sellers
from portico.sellers import setup
from portico.sellers.models import Role
from portico.sellers.setup import NewStore, SetupIsOver
from portico.sessions import service as sessions
from portico.stores.service import InvalidStore, SlugTaken
from portico.web.cookies import DASHBOARD, read_cookie, write_cookie
from portico.web.dashboard.forms import EmailAddress, Fields, Form, shown, submitted
from portico.web.dashboard.here import not_found
from portico.web.http import (
    client_ip,
    current_locale,
    current_seller,
    gettext,
    redirect,
    render_core,
    runtime,
    seller_signed_in,
)

blueprint = Blueprint("setup", __name__)

CURRENCIES = ("EUR", "USD", "GBP", "CHF", "AUD", "CAD", "DKK", "JPY", "NOK", "NZD", "PLN", "SEK")
_FORM = {"store_name": "", "slug": "", "currency": "EUR"}


class StoreForm(Form):
    """A store to open. Without a ``slug`` the name makes one."""

    store_name: Annotated[str, Field(max_length=80)]
    slug: Annotated[str, Field(max_length=63)] = ""
    currency: Annotated[str, Field(max_length=3)]

    def store(self, rt: Runtime) -> NewStore:
        """What the service takes."""
        return NewStore(
            self.store_name, self.slug or slug_of(self.store_name), self.currency, current_locale()
        )


class SetupForm(StoreForm):
    """The first seller, and the first store."""

    email: EmailAddress
    name: Annotated[str, Field(max_length=80)]


def slug_of(name: str) -> str:
    """A part of an address made of a name: "Café Nord" is cafe-nord."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].strip("-")


@blueprint.get("/set-up")
async def show() -> Response:
    """The page that the link on the console leads to."""
    rt, token = runtime(), request.args.get("token", "")
    if not await setup.is_open(rt, token):
        return await _over()
    return await _set_up(token, shown({**_FORM, "email": "", "name": ""}))


async def _set_up(token: str, form: Fields[Any], status: int = 200) -> Response:
    context = {"form": form, "token": token, "currencies": CURRENCIES}
    return await render_core("dashboard/set_up.html", context, status)


async def _over() -> Response:
    context = {
        "title": gettext("This link does not work any more"),
        "text": gettext(
            "Somebody has set this installation up already, or the link is incomplete. Sign in, or "
            "start the server again for a new link."
        ),
        "action": (gettext("Sign in"), "/dashboard/sign-in"),
    }
    return await render_core("dashboard/error.html", context, 404)


@blueprint.post("/set-up")
async def create() -> Response:
    """Make seller and store, and sign the seller in."""
    rt, token = runtime(), request.args.get("token", "")
    if not await setup.is_open(rt, token):
        return await _over()
    fields = await submitted(SetupForm)
    if fields.data is None:
        return await _set_up(token, fields, 400)
    try:
        seller, store = await setup.first_seller(
            rt, token, email=fields.data.email, name=fields.data.name, store=fields.data.store(rt)
        )
    except SetupIsOver:
        return await _over()
    except InvalidStore as error:
        return await _set_up(token, _refused(fields, error), 400)
    opened = await sessions.open_for_seller(
        rt, seller.id, previous_token=read_cookie(rt.settings, DASHBOARD),
        user_agent=request.headers.get("User-Agent", ""), ip=client_ip(),
    )  # fmt: skip
    lasts = opened.session.expires_at - opened.session.created_at
    write_cookie(rt.settings, DASHBOARD, opened.token, int(lasts.total_seconds()))
    return redirect(f"/dashboard/{store.slug}/")


def _refused(fields: Fields[Any], error: InvalidStore) -> Fields[Any]:
    if isinstance(error, SlugTaken):
        return fields.refuse("slug", gettext("Another store has this address. Choose another."))
    words = gettext("Use lower-case letters, digits and hyphens, such as northwind-type.")
    return fields.refuse("slug", words)


async def may_open_stores(rt: Runtime, seller_id: str) -> bool:
    """Whether the seller owns a store, and so may open further ones."""
    return any(role is Role.OWNER for _, role in await sellers.stores_of(rt, seller_id))


@blueprint.get("/new-store")
@seller_signed_in
async def new_store() -> Response:
    """The form for another store."""
    if not await may_open_stores(runtime(), current_seller().id):
        not_found()
    return await _new_store(shown(_FORM))


async def _new_store(form: Fields[Any], status: int = 200) -> Response:
    context = {"form": form, "currencies": CURRENCIES}
    return await render_core("dashboard/new_store.html", context, status)


@blueprint.post("/new-store")
@seller_signed_in
async def open_store() -> Response:
    """Open it and go there."""
    rt, seller = runtime(), current_seller()
    if not await may_open_stores(rt, seller.id):
        not_found()
    fields = await submitted(StoreForm)
    if fields.data is None:
        return await _new_store(fields, 400)
    try:
        store = await setup.open_store(rt, seller, fields.data.store(rt))
    except InvalidStore as error:
        return await _new_store(_refused(fields, error), 400)
    return redirect(f"/dashboard/{store.slug}/")
