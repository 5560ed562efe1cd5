"""What a product says on the screen after payment: the seller's Liquid, with the mails' variables.

The page is reached by a link that proves a payment, not who opens it. So license keys are left out
there, and of the address only what the page shows anyway.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from markupsafe import Markup

from portico.activation import service as activation
from portico.catalog.models import Product
from portico.customers.service import mask_email
from portico.emails import variables
from portico.emails.check import Problem, Text, errors
from portico.emails.models import Email, EmailKind, EmailState
from portico.emails.rendering import BUTTON, TextError, render
from portico.emails.sample import Sample
from portico.orders.models import Order
from portico.runtime import Runtime
from portico.stores.models import Store

_log = structlog.get_logger("portico.emails")


async def message_html(
    rt: Runtime, store: Store, order: Order, products: Sequence[Product], locale: str
) -> str:
    """What the products say about a paid order, as safe HTML; '' where none says anything.

    A text that fails is shown as it was written, and the seller is told.
    """
    speaking = [one for one in products if one.confirmation_message.strip()]
    if not speaking:
        return ""
    values = public(await variables.load(rt, store, _email(rt, store, order, locale), {}))
    parts = []
    for product in speaking:
        try:
            parts.append(html_of(product.confirmation_message, values))
        except TextError as error:
            _log.warning("message_failed", store=store.id, product=product.id)
            await activation.report_finding(
                rt, store, "emails", "message_text", product.id,
                f"The message after payment of {product.name} could not be filled in: {error}",
            )  # fmt: skip
            parts.append(str(Markup("<p>{}</p>").format(product.confirmation_message)))
    return "".join(parts)


def _email(rt: Runtime, store: Store, order: Order, locale: str) -> Email:
    """The mail that would have these values; it is not sent."""
    return Email(
        id="mail_screen", store_id=store.id, customer_id=order.customer_id, order_id=order.id,
        kind=EmailKind.CONFIRMATION, locale=locale, to_address="", message_id="<screen@localhost>",
        subject=None, params={}, state=EmailState.QUEUED, attempts=0, error=None,
        created_at=rt.clock.now(), sent_at=None, response=None, cause=None, next_at=None,
        history=[],
    )  # fmt: skip


def public(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without what only the customer may see."""
    customer = dict(values["customer"])
    address = str(customer.get("email") or "")
    customer["email"] = mask_email(address) if "@" in address else ""
    return {
        **values,
        "customer": customer,
        "mail": {},
        "licenses": [one | {"key": ""} for one in values["licenses"]],
    }


def html_of(message: str, values: Mapping[str, Any]) -> str:
    """A message with its values, as safe HTML. Raises TextError."""
    found = render("", message, values).html
    return found.replace(f'class="{BUTTON}"', 'class="btn primary"')


def problems(message: str, shown: Sample) -> list[Problem]:
    """Why a message cannot be saved, with the line."""
    if not message.strip():
        return []
    return errors(Text("-", message), shown.values, shown.plugins)
