"""The consumer's page: fill in, look at it, confirm."""

import re
from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Any

from portico.api import Answer, Context, NotFound, Page, Request, SeeOther, new_id

from portico_withdrawal_eu import queries, statements, words
from portico_withdrawal_eu.settings import WithdrawalSettings
from portico_withdrawal_eu.statements import PAGE, Draft

PER_CLIENT = 20
PER_ADDRESS = 5
WITHIN = timedelta(hours=1)
_LONGEST = {"name": 200, "part": 500, "email": 254}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_ID = re.compile(r"wdr_[0-9A-Za-z]{10,40}")


async def withdraw(ctx: Context, request: Request) -> Answer:
    """GET shows the form; POST first shows what was filled in, and with ``confirm`` submits it."""
    if request.method == "GET":
        if request.query.get("done"):
            return await _done(ctx, request)
        return await _form(ctx, request, {"number": request.query.get("order", "")})
    draft = _draft(request)
    errors = _errors(draft)
    if (
        not errors
        and request.customer
        and not await statements.find(ctx, draft.number, draft.email)
    ):
        errors = {"number": "not_yours"}
    if errors or "change" in request.form:
        given = {"name": draft.name, "number": draft.number, "email": draft.email,
                 "part": draft.part}  # fmt: skip
        return await _form(ctx, request, given, errors)
    if "confirm" not in request.form:
        text = words.statement(ctx.locale, ctx.require_store().name, draft.number)
        return _page("confirm.html", ctx, {"draft": draft, "statement": text})
    if wait := await _seconds_to_wait(ctx, request, draft):
        context = {"draft": draft, "minutes": ceil(wait / 60), "statement": ""}
        return _page("confirm.html", ctx, context, 429)
    made = await statements.submit(ctx, draft)
    return SeeOther(ctx.urls.portal(f"x/withdrawal_eu/{PAGE}?done={made.id}"))


async def _form(
    ctx: Context,
    request: Request,
    given: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Answer:
    customer = request.customer
    values = {"name": customer.name or "" if customer else "", "email": "", "part": "", **given}
    if customer:
        values["email"] = customer.email
    found = await statements.contracts(ctx, customer) if customer else []
    numbers = {str(one.order.number) for one in found}
    context = {
        "values": values,
        "errors": errors or {},
        "contracts": found,
        # Somebody who withdraws later than we count may do so all the same.
        "typed": not found or "other" in request.query or values["number"] not in {"", *numbers},
    }
    return _page("form.html", ctx, context, 400 if errors else 200)


async def _done(ctx: Context, request: Request) -> Answer:
    """What was received, and when. Nothing on it says whether there is such an order."""
    made = await ctx.db.one(
        queries.BY_ID, store_id=ctx.require_store().id, id=request.query["done"]
    )
    if made is None or ctx.now() - made.submitted_at > WITHIN:
        return NotFound()
    return _page("done.html", ctx, {"made": made})


def _draft(request: Request) -> Draft:
    form = {name: " ".join(value.split()) for name, value in request.form.items()}
    given = form.get("id", "")
    email = request.customer.email if request.customer else form.get("email", "").lower()
    return Draft(
        id=given if _ID.fullmatch(given) else new_id("wdr"),
        name=form.get("name", ""),
        number=form.get("number", "").removeprefix("#"),
        email=email,
        part=form.get("part", ""),
    )


def _errors(draft: Draft) -> dict[str, str]:
    """What is wrong, field by field; the page has the words."""
    errors = {
        name: "too_long" for name, most in _LONGEST.items() if len(getattr(draft, name)) > most
    }
    if not draft.name:
        errors["name"] = "missing"
    if not re.fullmatch("[0-9]{1,15}", draft.number):
        errors["number"] = "number"
    if not _ADDRESS.fullmatch(draft.email):
        errors["email"] = "email"
    return errors


async def _seconds_to_wait(ctx: Context, request: Request, draft: Draft) -> int:
    limits = ctx.limits
    return await limits.seconds_to_wait(
        "client", request.client, most=PER_CLIENT, per=WITHIN
    ) or await limits.seconds_to_wait("address", draft.email, most=PER_ADDRESS, per=WITHIN)


def _page(name: str, ctx: Context, context: dict[str, Any], status: int = 200) -> Page:
    settings = ctx.settings(WithdrawalSettings)
    title = words.WITHDRAW[words.language(ctx.locale)]
    shown = {"settings": settings, "page_url": f"x/withdrawal_eu/{PAGE}", **context}
    return Page(f"withdrawal_eu/{name}", title, shown, status)
