"""Stripe's hosted pages, plain HTML forms: Checkout, 3-D Secure, an invoice."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from tests.support.stripe_server.billing import discounts, invoices, payments
from tests.support.stripe_server.billing.lines import words
from tests.support.stripe_server.errors import Json, Problem, card_error_fields
from tests.support.stripe_server.hosted import completion, portal
from tests.support.stripe_server.hosted.html import (
    Refused,
    card_from,
    form_of,
    message,
    redirect,
    render,
)
from tests.support.stripe_server.hosted.pdf import pdf
from tests.support.stripe_server.http import Request, Response
from tests.support.stripe_server.people import customer_of
from tests.support.stripe_server.resources.checkout import sums, use_discount
from tests.support.stripe_server.resources.payment_intents import confirm
from tests.support.stripe_server.resources.payment_links import open_session
from tests.support.stripe_server.resources.payment_methods import attach
from tests.support.stripe_server.resources.setup_intents import confirm_setup
from tests.support.stripe_server.world import World

Page = Callable[[World, Request, str], Response]


def answer(world: World, request: Request) -> Response:
    """Any page that is not the API."""
    for pattern, page in _PAGES:
        match = re.fullmatch(pattern, request.path)
        if match:
            try:
                return page(world, request, match[1])
            except Problem as problem:
                return message("That did not work", str(problem), problem.status)
    return message("Not found", "There is no such page.", 404)


def _saved(world: World, customer: str | None) -> list[Json]:
    return world.store.pointing("payment_method", "customer", customer)[::-1] if customer else []


def _checkout(world: World, request: Request, identity: str) -> Response:
    session = world.store.get("checkout.session", identity, "session", 404)
    if session["status"] != "open":
        return message("This page is no longer available", "The session is complete or expired.")
    if request.method == "GET":
        return _checkout_page(world, session)
    form = form_of(request)
    held = world.checkouts[identity]
    for item in held["items"]:
        wanted = form.get(f"quantity-{item['id']}", "")
        if wanted.isdigit() and int(wanted) > 0:
            item["quantity"] = int(wanted)
    sums(world, session)
    customer = customer_of(world, session["customer"]) if session["customer"] else None
    email = session["customer_email"] or (customer or {}).get("email") or form.get("email", "")
    buyer = completion.Buyer(
        email=email, name=form.get("billingName", ""), country=form.get("billingCountry", ""),
        postal_code=form.get("billingPostalCode", ""), tax_id=form.get("taxId", ""),
    )  # fmt: skip
    try:
        method = card_from(world, form, customer) if _wants_card(session) else None
    except Refused as refused:
        return _checkout_page(world, session, refused.text)
    return _after(world, session, completion.pay(world, session, buyer, method))


def _wants_card(session: Json) -> bool:
    if session["amount_total"] or session["mode"] == "setup":
        return True
    collection = session["payment_method_collection"]
    return bool(session["mode"] == "subscription" and collection == "always")


def _after(world: World, session: Json, intent: Json | None) -> Response:
    if intent is None or intent["status"] in ("succeeded", "requires_capture"):
        completion.complete(world, session, intent)
        return redirect((session["success_url"] or session["return_url"]).replace(
            "{CHECKOUT_SESSION_ID}", session["id"]))  # fmt: skip
    if intent["status"] == "requires_action":
        return redirect(f"/3ds/{intent['id']}?session={session['id']}")
    error = intent.get("last_payment_error") or intent.get("last_setup_error") or {}
    return _checkout_page(world, session, error.get("message", "Your card was declined."))


def _checkout_page(world: World, session: Json, error: str = "") -> Response:
    customer = customer_of(world, session["customer"]) if session["customer"] else None
    email = session["customer_email"] or (customer["email"] if customer else None)
    return render(
        "checkout.html", session=session, items=world.checkouts[session["id"]]["items"],
        shop=world.account["business_profile"]["name"], error=error, email=email,
        saved=_saved(world, session["customer"]), wants_card=_wants_card(session),
        money=lambda amount: words(amount, session["currency"]),
    )  # fmt: skip


def _promotion(world: World, request: Request, identity: str) -> Response:
    session = world.store.get("checkout.session", identity, "session", 404)
    found = discounts.promotion_by_code(world, form_of(request).get("promotionCode", ""))
    if found is None or session["status"] != "open" or not session["allow_promotion_codes"]:
        return _checkout_page(world, session, "This code is invalid.")
    reason = discounts.not_for(world, found, session["customer"], session["amount_subtotal"])
    if reason:
        return _checkout_page(world, session, reason)
    use_discount(world, session, world.store.get("coupon", found["promotion"]["coupon"]), found)
    return redirect(f"/c/pay/{identity}")


def _secure(world: World, request: Request, identity: str) -> Response:
    intent = world.store.find(identity)
    if intent is None or intent["status"] != "requires_action":
        return message("Nothing to authorize", "This payment is not waiting for you.")
    amount = words(intent["amount"], intent["currency"]) if "amount" in intent else ""
    if request.method == "GET":
        return render("secure.html", amount=amount)
    method = world.store.get("payment_method", intent["payment_method"])
    back = (intent["next_action"].get("redirect_to_url") or {}).get("return_url")
    if form_of(request).get("outcome") == "complete":
        proceed = confirm if intent["object"] == "payment_intent" else confirm_setup
        proceed(world, intent, method, authenticated=True)
    else:
        refuse_secure(world, intent, method)
    session = dict(parse_qsl(request.query)).get("session")
    if session:
        return _after_secure(world, session, intent)
    return _go_back(intent, back)


def refuse_secure(world: World, intent: Json, method: Json) -> None:
    """The holder of the card did not prove it."""
    if intent["object"] == "setup_intent":
        error = card_error_fields("setup_intent_authentication_failure")
        world.change(
            intent,
            None,
            status="requires_payment_method",
            payment_method=None,
            next_action=None,
            last_setup_error={**error, "type": "invalid_request_error"},
        )
        world.emit("setup_intent.setup_failed", intent)
        return
    error = card_error_fields("payment_intent_authentication_failure")
    payments.fail(world, intent, method, error, "authentication_required")


def _after_secure(world: World, session: str, intent: Json) -> Response:
    if session.startswith("bps_"):
        return portal.after_card(world, world.store.get("billing_portal.session", session), intent)
    return _after(world, world.store.get("checkout.session", session), intent)


def _go_back(intent: Json, back: str | None) -> Response:
    status = "succeeded" if intent["status"] == "succeeded" else "failed"
    if not back:
        return message("Done", f"The payment has {status}.")
    kind = intent["object"]
    query = urlencode({kind: intent["id"], f"{kind}_client_secret": intent["client_secret"],
                       "redirect_status": status})  # fmt: skip
    return redirect(f"{back}{'&' if '?' in back else '?'}{query}")


def _invoice(world: World, request: Request, identity: str) -> Response:
    invoice = world.store.get("invoice", identity, "invoice", 404)
    if request.method == "GET" or invoice["status"] != "open":
        return _invoice_page(world, invoice)
    customer = customer_of(world, invoice["customer"])
    try:
        method = card_from(world, form_of(request), customer)
        attach(world, method["id"], customer)
    except (Refused, Problem) as problem:
        return _invoice_page(world, invoice, getattr(problem, "text", str(problem)))
    if invoices.pay(world, invoice, method, forced=True):
        return _invoice_page(world, invoice)
    intent = invoices.intent_of(world, invoice)
    assert intent is not None
    if intent["status"] == "requires_action":
        return redirect(f"/3ds/{intent['id']}")
    return _invoice_page(world, invoice, (intent["last_payment_error"] or {}).get("message", ""))


def _invoice_page(world: World, invoice: Json, error: str = "") -> Response:
    return render("invoice.html", invoice=invoice, error=error,
                  saved=_saved(world, invoice["customer"]),
                  money=lambda amount: words(amount, invoice["currency"]))  # fmt: skip


def _pdf(world: World, request: Request, identity: str) -> Response:
    invoice = world.store.get("invoice", identity, "invoice", 404)
    lines = [f"Invoice {invoice['number']}", f"{invoice['customer_name'] or ''} "
             f"{invoice['customer_email'] or ''}", f"Status: {invoice['status']}"]  # fmt: skip
    lines += [f"{one['description']}   {words(one['amount'], one['currency'])}"
              for one in invoice["lines"]["data"]]  # fmt: skip
    lines.append(f"Total {words(invoice['total'], invoice['currency'])}")
    headers = {"content-type": "application/pdf", "content-disposition":
               f'attachment; filename="Invoice-{invoice["number"]}.pdf"'}  # fmt: skip
    return Response(200, pdf(lines), headers)


def _portal(world: World, request: Request, identity: str) -> Response:
    return portal.answer(world, request, identity)


def _receipt(world: World, request: Request, identity: str) -> Response:
    charge = world.store.get("charge", identity, "charge", 404)
    return message("Receipt", f"{words(charge['amount'], charge['currency'])}, {charge['status']}")


def _link(world: World, request: Request, identity: str) -> Response:
    link = world.store.get("payment_link", identity, "payment_link", 404)
    if request.path.endswith("/done"):
        return message("Thank you", "Your payment was successful.")
    if not link["active"]:
        return message("This link is no longer active", "It has been deactivated.")
    return redirect(f"/c/pay/{open_session(world, link)['id']}")


_PAGES: list[tuple[str, Page]] = [
    (r"/c/pay/(cs_\w+)", _checkout),
    (r"/c/pay/(cs_\w+)/promotion", _promotion),
    (r"/3ds/(\w+)", _secure),
    (r"/i/(in_\w+)", _invoice),
    (r"/i/(in_\w+)/pdf", _pdf),
    (r"/b/(plink_\w+)(?:/done)?", _link),
    (r"/receipts/(ch_\w+)", _receipt),
    (r"/p/session/(bps_\w+)", _portal),
]
