"""The pages of signing in, the same for customers (in the store's theme) and for sellers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from quart import Blueprint, Response, request

from portico.customers.addresses import InvalidEmail, mask_email, normalize_email
from portico.hooks.auth import AuthHooks, NotIdentified, ProofPreview
from portico.runtime import Runtime
from portico.sessions import service as sessions
from portico.sessions import sign_in as rules
from portico.sessions.models import OpenedSession
from portico.sessions.sign_in import Browser, TooMany
from portico.stores.models import Store
from portico.web.cookies import read_cookie, scope_of, write_cookie
from portico.web.http import (
    client_ip,
    client_network,
    current_locale,
    device_hash,
    form,
    gettext,
    local_path,
    ngettext,
    notice,
    redirect,
    runtime,
    typed,
)
from portico.web.portal.pages import FieldError, SignInLinkPage, SignInPage, SignInSentPage

SignInPages = SignInPage | SignInSentPage | SignInLinkPage
DEFAULT_MINUTES = 30
_MAX_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Door:
    """Where somebody signs in: a store's portal, or (``store`` None) the dashboard.

    ``base`` is the path behind the door, such as ``/p/demo/``.
    """

    store: Store | None
    base: str
    signed_in: bool
    show: Callable[[SignInPages, int], Awaitable[Response]]


def _browser(rt: Runtime) -> Browser:
    return Browser(
        device=device_hash(rt),
        ip=client_ip(),
        network=client_network(),
        user_agent=request.headers.get("User-Agent", ""),
        locale=current_locale(),
    )


def _previous(rt: Runtime) -> str | None:
    return read_cookie(rt.settings, scope_of(request.path))


async def show_form(door: Door) -> Response:
    """The form for the address."""
    if door.signed_in:
        return redirect(door.base)
    fields = await typed() if request.method == "GET" else {}
    next_path = local_path(request.args.get("next") or fields.get("next"), door.base) or ""
    return await _form(door, email=fields.get("email", ""), next_path=next_path)


async def _form(
    door: Door,
    status: int = 200,
    *,
    email: str = "",
    next_path: str = "",
    notice: str | None = None,
    error: str | None = None,
    wait_seconds: int = 0,
) -> Response:
    rt = runtime()
    page = SignInPage(
        email=email[:254],
        next_path=next_path,
        notice=notice,
        errors=(FieldError("email", error),) if error else (),
        wait_seconds=wait_seconds,
        method_template=await _method_template(rt, door.store),
    )
    response = await door.show(page, status)
    if wait_seconds:
        response.headers["Retry-After"] = str(wait_seconds)
    return response


async def _method_template(rt: Runtime, store: Store | None) -> str | None:
    plugin = await rules.method(rt, store)
    wanted = rules.audience(store)
    methods = rt.registry.contributed(AuthHooks.sign_in_methods)[plugin]
    return next((one.template for one in methods if wanted in one.audiences), None)


async def send(door: Door) -> Response:
    """Begin: the answer is the same whether anybody has the address."""
    rt, fields = runtime(), await form()
    next_path = local_path(fields.get("next"), door.base) or ""
    try:
        email = normalize_email(fields.get("email", ""))
    except InvalidEmail:
        error = gettext("Enter an e-mail address, such as name@example.com.")
        return await _form(
            door, 400, email=fields.get("email", ""), next_path=next_path, error=error
        )
    try:
        _, started = await rules.start(rt, door.store, email, _browser(rt), next_path)
    except TooMany as error:
        return await _form(door, 429, email=email, next_path=next_path, wait_seconds=error.seconds)
    if started.redirect:
        return redirect(started.redirect)
    # What a page says by default needs not be in its address.
    query = {} if started.minutes == DEFAULT_MINUTES else {"minutes": started.minutes}
    if not started.accepts_code:
        query["code"] = 0
    return redirect(f"{door.base}sign-in/sent" + (f"?{urlencode(query)}" if query else ""))


async def show_sent(door: Door) -> Response:
    """The mail is on its way, if we know the address; and a box for its code."""
    if door.signed_in:
        return redirect(door.base)
    return await _sent(door)


async def _sent(
    door: Door, status: int = 200, *, error: str | None = None, exhausted: bool = False
) -> Response:
    rt = runtime()
    attempt = await rules.latest(rt, door.store, _browser(rt))
    if attempt is None:
        return redirect(f"{door.base}sign-in")
    minutes = request.args.get("minutes", DEFAULT_MINUTES, int)
    page = SignInSentPage(
        email=attempt.email,
        masked_email=mask_email(attempt.email),
        minutes=min(max(minutes, 1), _MAX_MINUTES),
        accepts_code=request.args.get("code") != "0",
        error=error,
        exhausted=exhausted,
    )
    return await door.show(page, status)


async def check_code(door: Door) -> Response:
    """Sign in with the code that was typed."""
    rt = runtime()
    try:
        result = await rules.by_code(rt, door.store, await form(), _browser(rt), _previous(rt))
    except TooMany as error:
        return await _sent(door, 429, error=_wait_words(error.seconds))
    if isinstance(result, OpenedSession):
        return _enter(rt, door, result)
    match result.why:
        case "unknown":
            return redirect(f"{door.base}sign-in")
        case "wrong":
            words = ngettext(
                "That code is not right. You have %(num)s try left.",
                "That code is not right. You have %(num)s tries left.",
                result.tries_left,
            )
            return await _sent(door, 400, error=words % {"num": result.tries_left})
        case "exhausted":
            words = gettext("That code was wrong five times. Have a new mail sent to try again.")
        case "used":
            words = gettext("That code has been used already. We can send a new one.")
        case _:
            words = gettext("That code has expired. We can send a new one.")
    return await _sent(door, 400, error=words, exhausted=True)


async def show_link(door: Door) -> Response:
    """The page a link opens. Nothing is used up: mail scanners follow links."""
    rt, fields = runtime(), await typed()
    token = request.args.get("token") or fields.get("token", "")
    preview = await rules.preview(rt, door.store, token, _browser(rt))
    if preview.attempt is not None and preview.why is None:
        page = SignInLinkPage(token=token, masked_email=mask_email(preview.attempt.email))
        return await door.show(page, 200)
    if door.signed_in:
        return redirect(door.base)
    return await _no_link(door, preview, 200)


async def confirm_link(door: Door) -> Response:
    """Sign in the browser in which the button was pressed."""
    rt = runtime()
    token = (await form()).get("token", "")
    result = await rules.by_link(rt, door.store, token, _browser(rt), _previous(rt))
    if isinstance(result, OpenedSession):
        return _enter(rt, door, result)
    return await _no_link(door, result, 400)


async def _no_link(door: Door, result: NotIdentified | ProofPreview, status: int) -> Response:
    """Back to the form: with the address where the link was ours once, else empty."""
    if result.attempt is None or result.why not in ("expired", "used"):
        return await _form(door, status)
    if result.why == "used":
        words = gettext("That link has been used already. We can send a new one.")
    else:
        words = gettext("That link has expired. We can send a new one.")
    next_path = local_path(result.attempt.next_path, door.base) or ""
    return await _form(door, status, email=result.attempt.email, next_path=next_path, notice=words)


def _enter(rt: Runtime, door: Door, opened: OpenedSession) -> Response:
    lasts = opened.session.expires_at - opened.session.created_at
    scope = scope_of(request.path)
    write_cookie(rt.settings, scope, opened.token, int(lasts.total_seconds()))
    return redirect(local_path(opened.next_path, door.base) or door.base)


async def sign_out(door: Door) -> Response:
    """End this browser's session."""
    rt = runtime()
    token = _previous(rt)
    if token:
        await sessions.sign_out(rt, token)
    forget_session(rt)
    return redirect(f"{door.base}sign-in")


def forget_session(rt: Runtime) -> None:
    """Remove the session's cookie and say so on the next page."""
    write_cookie(rt.settings, scope_of(request.path), "", 0)
    notice("good", gettext("You are signed out."))


def _wait_words(seconds: int) -> str:
    minutes = -(-seconds // 60)
    words = ngettext(
        "Please wait %(num)s minute before you try another code.",
        "Please wait %(num)s minutes before you try another code.",
        minutes,
    )
    return words % {"num": minutes}


_PAGES: tuple[tuple[str, str, str, Callable[[Door], Awaitable[Response]]], ...] = (
    ("POST", "/sign-in", "send", send),
    ("GET", "/sign-in/sent", "sent", show_sent),
    ("GET", "/sign-in/code", "code", show_sent),
    ("POST", "/sign-in/code", "check_code", check_code),
    ("GET", "/sign-in/link", "link", show_link),
    ("POST", "/sign-in/link", "confirm_link", confirm_link),
    ("POST", "/sign-out", "sign_out", sign_out),
)


def add_pages(blueprint: Blueprint, door: Callable[[], Door]) -> None:
    """All pages but the form for the address, which a door may have something before."""

    def at_the_door(
        view: Callable[[Door], Awaitable[Response]],
    ) -> Callable[[], Awaitable[Response]]:
        async def show() -> Response:
            return await view(door())

        return show

    for method, path, name, view in _PAGES:
        blueprint.add_url_rule(path, name, at_the_door(view), methods=[method])
