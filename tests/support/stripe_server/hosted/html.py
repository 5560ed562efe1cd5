"""What the hosted pages have in common: templates, forms, the card that a form describes."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader

from tests.support.stripe_server.errors import Json, Problem
from tests.support.stripe_server.http import Request, Response
from tests.support.stripe_server.resources.payment_methods import check_number, make
from tests.support.stripe_server.world import World

Form = dict[str, str]


@cache
def _templates() -> Environment:
    folder = Path(__file__).with_name("templates")
    return Environment(loader=FileSystemLoader(folder), autoescape=True)


def render(template: str, status: int = 200, **values: Any) -> Response:
    """A page."""
    text = _templates().get_template(template).render(**values)
    return Response(status, text.encode(), {"content-type": "text/html; charset=utf-8"})


def redirect(url: str) -> Response:
    """Send the browser on."""
    return Response(303, b"", {"location": url})


def form_of(request: Request) -> Form:
    """The fields of a submitted page."""
    return dict(parse_qsl(request.text, keep_blank_values=True))


def message(title: str, text: str, status: int = 200, link: str | None = None) -> Response:
    """A page that says one thing."""
    return render("message.html", status, title=title, text=text, link=link)


@dataclass
class Refused(Exception):
    """The card form was not filled in as it has to be."""

    text: str


def card_from(world: World, form: Form, customer: Json | None) -> Json:
    """The payment method that a form names or describes.

    :raises Refused: with words for the customer.
    """
    chosen = form.get("method", "new")
    if chosen != "new" and not form.get("cardNumber"):
        found = world.store.get("payment_method", chosen)
        if customer is None or found["customer"] != customer["id"]:
            raise Refused("Choose a card.")
        return found
    number = re.sub(r"\s", "", form.get("cardNumber", ""))
    expiry = re.fullmatch(r"\s*(\d{1,2})\s*/?\s*(\d{2}|\d{4})\s*", form.get("cardExpiry", ""))
    if not number or expiry is None or not form.get("cardCvc"):
        raise Refused("Your card number is incomplete.")
    month, year = int(expiry[1]), int(expiry[2]) % 100 + 2000
    try:
        check_number(world, number, month, year)
    except Problem as problem:
        raise Refused(str(problem)) from None
    return make(world, number, month, year, name=form.get("billingName") or None,
                email=form.get("email") or None, address={
                    "country": form.get("billingCountry") or None,
                    "postal_code": form.get("billingPostalCode") or None})  # fmt: skip
