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


sign_in.add_pages(blueprint, _door)
