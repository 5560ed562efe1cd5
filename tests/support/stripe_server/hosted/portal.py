"""The Billing portal's pages: a new card, a cancellation."""

from typing import Any

from tests.support.stripe_server.billing import subscriptions as billing
from tests.support.stripe_server.billing.endings import end
from tests.support.stripe_server.errors import Json
from tests.support.stripe_server.hosted.html import (
    Refused,
    card_from,
    form_of,
    message,
    redirect,
    render,
)
from tests.support.stripe_server.http import Request, Response
from tests.support.stripe_server.people import customer_of
from tests.support.stripe_server.resources.setup_intents import confirm_setup, new_setup
from tests.support.stripe_server.world import World

_REASONS = ("too_expensive", "missing_features", "switched_service", "unused", "customer_service",
            "too_complex", "low_quality", "other")  # fmt: skip


def answer(world: World, request: Request, identity: str) -> Response:
    """A page of a portal session."""
    session = world.store.get("billing_portal.session", identity, "session", 404)
    flow = session["flow"]["type"] if session["flow"] else ""
    if request.method == "GET" or not flow:
        return _page(world, session)
    if flow == "payment_method_update":
        return _new_card(world, request, session)
    if flow == "subscription_cancel":
        return _cancel(world, request, session)
    return _page(world, session, "This server does not have this flow yet.")


def _page(world: World, session: Json, error: str = "") -> Response:
    flow = session["flow"]["type"] if session["flow"] else ""
    customer = customer_of(world, session["customer"])
    return render("portal.html", flow=flow, error=error, back=session["return_url"],
                  reasons=_REASONS, text=f"Signed in as {customer['email']}")  # fmt: skip


def _new_card(world: World, request: Request, session: Json) -> Response:
    customer = customer_of(world, session["customer"])
    try:
        method = card_from(world, form_of(request), customer)
    except Refused as refused:
        return _page(world, session, refused.text)
    intent = new_setup(world, customer["id"])
    confirm_setup(world, intent, method)
    if intent["status"] == "requires_action":
        return redirect(f"/3ds/{intent['id']}?session={session['id']}")
    return after_card(world, session, intent)


def after_card(world: World, session: Json, intent: Json) -> Response:
    """A card was saved or not. It becomes the customer's default; that is all that Stripe does.

    Subscriptions with a card of their own keep it, and nothing that is owed is tried again.
    https://docs.stripe.com/customer-management/portal-deep-links
    """
    if intent["status"] != "succeeded":
        return _page(world, session, intent["last_setup_error"]["message"])
    customer = customer_of(world, session["customer"])
    settings = {**customer["invoice_settings"], "default_payment_method": intent["payment_method"]}
    world.change(customer, "customer.updated", invoice_settings=settings)
    return _done(session)


def _cancel(world: World, request: Request, session: Json) -> Response:
    form = form_of(request)
    sub = world.store.get("subscription", session["flow"]["subscription_cancel"]["subscription"])
    told: Any = {"feedback": form.get("feedback") or None, "comment": form.get("comment") or None,
                 "feedback_option": None, "reason": "cancellation_requested"}  # fmt: skip
    configuration = world.store.get("billing_portal.configuration", session["configuration"])
    if configuration["features"]["subscription_cancel"]["mode"] == "immediately":
        end(world, sub, **told)
    else:
        world.change(sub, "customer.subscription.updated", cancellation_details=told,
                     **billing.schedule_end(world, sub, True))  # fmt: skip
    return _done(session)


def _done(session: Json) -> Response:
    after = session["flow"]["after_completion"]
    if after["type"] == "redirect":
        return redirect(after["redirect"]["return_url"])
    if after["type"] == "hosted_confirmation":
        words = after["hosted_confirmation"]["custom_message"] or "Your change is made."
        return message("Thank you", words, link=session["return_url"])
    return redirect(session["return_url"]) if session["return_url"] else message("Done", "Saved.")
