"""Customers sign in."""

from quart import Blueprint, Response

from portico.web import sign_in
from portico.web.http import current_visit, portal_path, render
from portico.web.sign_in import Door

blueprint = Blueprint("sign_in", __name__)


def _door() -> Door:
    visit = current_visit()
    return Door(visit.store, portal_path(), visit.customer is not None, render)


@blueprint.get("/sign-in")
async def show() -> Response:
    """The form for the address."""
    return await sign_in.show_form(_door())


@blueprint.post("/sign-in")
async def send() -> Response:
    """Have a link sent."""
    return await sign_in.send(_door())


@blueprint.get("/sign-in/sent")
@blueprint.get("/sign-in/code", endpoint="code")
async def sent() -> Response:
    """The mail is on its way."""
    return await sign_in.show_sent(_door())


@blueprint.post("/sign-in/code")
async def check_code() -> Response:
    """Sign in with a code."""
    return await sign_in.check_code(_door())


@blueprint.get("/sign-in/link")
async def link() -> Response:
    """What a link is for."""
    return await sign_in.show_link(_door())


@blueprint.post("/sign-in/link")
async def confirm_link() -> Response:
    """Sign in with a link."""
    return await sign_in.confirm_link(_door())


@blueprint.post("/sign-out")
async def sign_out() -> Response:
    """End this browser's session."""
    return await sign_in.sign_out(_door())
