"""What every route uses: who is here, in which language, and how to answer."""

import functools
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any, ParamSpec, cast
from urllib.parse import quote, urlsplit

from quart import Blueprint, Response, abort, current_app, g, request
from quart import redirect as quart_redirect

from portico.customers.models import Customer
from portico.i18n import Translator, negotiate
from portico.runtime import Runtime
from portico.sellers.models import Seller
from portico.sessions import service as sessions
from portico.sessions.models import SellerVisit, Visit
from portico.stores.models import PortalSettings
from portico.web import csrf, viewing
from portico.web.cookies import DASHBOARD, MONTH, read_cookie, scope_of, write_cookie
from portico.web.csrf import device_hash, machine
from portico.web.own_domain import lead_to_own_domain
from portico.web.paths import local_path, outward, portal_base
from portico.web.portal import frame as frames
from portico.web.portal.frame_model import Notice
from portico.web.portal.pages import ErrorPage, Page

__all__ = [
    "client_ip", "csrf_token", "current_customer", "current_locale", "current_seller",
    "current_visit", "dashboard_blueprint", "device_hash", "form", "gettext", "lead_to",
    "loaded", "loads", "local_path", "machine", "ngettext", "notice", "portal_blueprint",
    "portal_path", "redirect",
    "render", "render_core", "runtime", "seller_signed_in", "sellers_sign_in", "signed_in",
    "take_notices", "typed", "wants_fragment",
]  # fmt: skip

P = ParamSpec("P")
View = Callable[P, Awaitable[Response]]
VisitLoader = Callable[[Runtime, str, str], Awaitable[tuple[Visit, Any] | None]]
_NOTICE_SECONDS = 60


def runtime() -> Runtime:
    """The runtime of the application that answers this request."""
    return cast(Runtime, current_app.extensions["portico"])


# Who is here


def portal_blueprint(name: str, import_name: str) -> Blueprint:
    """A blueprint under ``/p/<store>``: its views find the store in ``current_visit()``."""
    blueprint = Blueprint(name, import_name, url_prefix="/p/<store>")

    @blueprint.url_value_preprocessor
    def take_store(endpoint: str | None, values: dict[str, Any] | None) -> None:
        (values or {}).pop("store", None)

    blueprint.before_request(load_visit)
    blueprint.before_request(lead_to_own_domain)
    return blueprint


async def load_visit() -> None:
    """Find the store, session and customer of a portal request; 404 without such a store."""
    if "visit" in g:
        return
    rt, slug = runtime(), scope_of(request.path)
    if "\0" in slug:  # the error page of such an address asks as well
        abort(404)
    if await viewing.is_view(rt, slug):
        return
    token = read_cookie(rt.settings, slug)
    view = current_app.view_functions.get(request.endpoint or "")
    load: VisitLoader | None = getattr(view, "portico_loads", None)
    if load is not None and token:
        found = await load(rt, slug, token)
        visit, g.loaded = found or (None, None)
    else:
        visit = await sessions.portal_visit(rt, slug, token)
    if visit is None:
        abort(404)
    g.visit = Visit(visit.store) if visit.viewing else visit  # a view is not the customer's


def loads(load: VisitLoader) -> Callable[[View[P]], View[P]]:
    """Have a view's data loaded by the statement that finds the visit; ``loaded()`` has it."""

    def decorate(view: View[P]) -> View[P]:
        view.portico_loads = load  # type: ignore[attr-defined]  # read back by load_visit
        return view

    return decorate


def loaded() -> Any:
    """What came with the visit, or None where the visit had been found already."""
    return g.get("loaded")


def current_visit() -> Visit:
    """Store, session and customer of this portal request."""
    return cast(Visit, g.visit)


def current_customer() -> Customer:
    """The signed-in customer; for views behind ``signed_in``."""
    customer = current_visit().customer
    if customer is None:
        raise LookupError("nobody is signed in")
    return customer


def signed_in(view: View[P]) -> View[P]:
    """Let only signed-in customers in; others sign in first and come back to this page."""

    @functools.wraps(view)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> Response:
        if current_visit().customer is None:
            return redirect(_sign_in_url(portal_path("sign-in")), 302)
        return await view(*args, **kwargs)

    return wrapper


def dashboard_blueprint(name: str, import_name: str) -> Blueprint:
    """A blueprint under ``/dashboard``: its views find the seller in ``current_seller()``.

    Those below ``/dashboard/<store>`` find the store, too, with ``portico.web.dashboard.here``.
    """
    blueprint = Blueprint(name, import_name, url_prefix="/dashboard")

    @blueprint.url_value_preprocessor
    def take_store(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.dashboard_store = (values or {}).pop("store", "")

    blueprint.before_request(load_seller)
    return blueprint


async def load_seller() -> None:
    """Find session, seller and, of an address with a store, their role in it."""
    if "seller_visit" not in g:
        rt, slug = runtime(), g.get("dashboard_store", "")
        g.seller_visit = await sessions.seller_visit(rt, read_cookie(rt.settings, DASHBOARD), slug)


def seller_visit() -> SellerVisit | None:
    """Session and seller of this dashboard request, or None while nobody is signed in."""
    return cast(SellerVisit | None, g.get("seller_visit"))


def current_seller() -> Seller:
    """The signed-in seller; for views behind ``seller_signed_in``."""
    visit = seller_visit()
    if visit is None:
        raise LookupError("nobody is signed in")
    return visit.seller


def seller_signed_in(view: View[P]) -> View[P]:
    """Let only signed-in sellers in; others sign in first and come back to this page."""

    @functools.wraps(view)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> Response:
        if seller_visit() is None:
            return sellers_sign_in()
        return await view(*args, **kwargs)

    return wrapper


def sellers_sign_in() -> Response:
    """Lead to the dashboard's door, and from there back to this page."""
    url = _sign_in_url("/dashboard/sign-in")
    return lead_to(url) if wants_fragment() else redirect(url, 302)


def _sign_in_url(url: str) -> str:
    path = outward(request.full_path.rstrip("?"))
    if wants_fragment():  # the page that asks for a part of itself
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        path = shown.path + (f"?{shown.query}" if shown.query else "")
    elif request.method != "GET":
        return url
    if path.rstrip("/") + "/" == url.removesuffix("sign-in"):
        return url
    return f"{url}?next={quote(path, safe='/')}"


def client_ip() -> str:
    """The address of the client: the peer's, or what the trusted proxies in front of us saw.

    Each proxy appends the address it was reached from to ``X-Forwarded-For``, so the entry that
    counts is the n-th from the end for n trusted proxies; what stands before it anybody can write.
    """
    peer = request.remote_addr or ""
    trusted = runtime().settings.trusted_proxies
    if trusted:
        listed = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
        entries = [entry.strip() for entry in listed if entry.strip()]
        if entries:
            peer = entries[-trusted] if len(entries) >= trusted else entries[0]
    try:
        return str(ip_address(peer))
    except ValueError:
        return "unknown"


def client_network() -> str:
    """What counts as one client for rate limits: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        address = ip_address(client_ip())
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


# Language


def current_locale() -> str:
    """The reader's language: their own setting, their choice in this browser, what the browser
    asks for, the store's."""
    locale: str | None = g.get("locale")
    if locale is None:
        locale = g.locale = _choose_locale()
    return locale


def _choose_locale() -> str:
    rt, visit = runtime(), cast(Visit | None, g.get("visit"))
    known = rt.themes.translations.locales
    if visit:
        known = PortalSettings.of(visit.store).offered(known)
    if visit and visit.customer and visit.customer.locale in known:
        return visit.customer.locale
    seller = seller_visit()
    own = seller.seller.locale if seller else None
    for locale in (read_cookie(rt.settings, "locale"), own):
        if locale in known:
            return locale
    preferred = (visit.store.locale,) if visit and visit.store.locale in known else ()
    return negotiate(request.headers.get("Accept-Language"), (*preferred, *known))


def remember_locale(locale: str) -> None:
    """Keep the reader's choice in this browser."""
    write_cookie(runtime().settings, "locale", locale, 12 * MONTH)
    g.locale = locale


def _translator() -> Translator:
    return runtime().themes.translations.translator(current_locale())


def gettext(message: str) -> str:
    """``message`` in the reader's language."""
    return _translator().gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """The form of a message that fits ``number``, in the reader's language."""
    return _translator().ngettext(singular, plural, number)


# Forms and answers


def csrf_token() -> str:
    """The token for the forms on this page."""
    return csrf.csrf_token(runtime())


async def form() -> dict[str, str]:
    """The fields of the form that was sent; of a repeated name the last, blanks trimmed."""
    return {} if g.get("form_expired") else await typed()


async def typed() -> dict[str, str]:
    """As ``form``, but also what came without a valid token: to fill in the page shown again."""
    fields = await request.form
    # PostgreSQL takes no NUL in a text, and nobody types one.
    return {name: values[-1].replace("\0", "").strip() for name, values in fields.lists() if values}


def redirect(path: str, code: int = 303) -> Response:
    """Lead to a path of this installation or to a provider's page."""
    return cast(Response, quart_redirect(outward(path), code))


def wants_fragment() -> bool:
    """Whether a script of the dashboard (htmx) asks, for a part of the page."""
    return "HX-Request" in request.headers


def lead_to(path: str) -> Response:
    """After a form: lead to a page, whether a browser or htmx has sent it."""
    if wants_fragment():
        return Response("", 204, {"HX-Redirect": path})
    return redirect(path)


def portal_path(path: str = "") -> str:
    """A path inside the portal of this request."""
    return portal_base(current_visit().store.slug) + path.lstrip("/")


def notice(kind: str, text: str) -> None:
    """Show a message on the next page: ``kind`` is ``good``, ``bad`` or ``plain``."""
    g.setdefault("notices", [])
    g.notices.append(Notice(kind, text))
    rt = runtime()
    data = json.dumps([[one.kind, one.text] for one in g.notices][-5:]).encode()
    signature = rt.keys.sign("notice", scope_of(request.path).encode() + b"\n" + data)
    value = f"{urlsafe_b64encode(data).decode().rstrip('=')}.{signature}"
    write_cookie(rt.settings, "notice", value, _NOTICE_SECONDS)


def take_notices() -> tuple[Notice, ...]:
    """The messages to show on this page; they are not shown again."""
    rt = runtime()
    found: list[Notice] = []
    if g.get("form_expired"):
        found.append(Notice("bad", gettext(
            "Nothing was changed: this page was open for too long, or your browser keeps no "
            "cookies. Please try again."
        )))  # fmt: skip
    value = read_cookie(rt.settings, "notice")
    if value is not None:
        write_cookie(rt.settings, "notice", "", 0)
        data, _, signature = value.partition(".")
        found += _read_notices(rt, data, signature)
    return tuple(found)


def _read_notices(rt: Runtime, encoded: str, signature: str) -> list[Notice]:
    try:
        data = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        return []
    if not rt.keys.verify("notice", scope_of(request.path).encode() + b"\n" + data, signature):
        return []  # of another store, or not ours
    return [Notice(kind, text) for kind, text in json.loads(data)]


async def render(page: Page, status: int | None = None) -> Response:
    """A page of the portal in the store's theme."""
    rt, visit = runtime(), current_visit()
    frame = await frames.build_frame(
        rt, visit, locale=current_locale(), csrf_token=csrf_token(), notices=take_notices()
    )
    slots = await frames.panels(rt, visit, page, frame)
    if status is None:
        status = page.status if isinstance(page, ErrorPage) else 200
    html = rt.themes.render_page(visit.store, page, frame, slots)
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.timeout = None  # it is whole already: no task is needed that watches over it
    return response


async def render_core(
    template: str,
    context: Mapping[str, Any] | None = None,
    status: int = 200,
    *,
    timezone: str = "UTC",
    fragment: bool = False,
) -> Response:
    """A page in no store's theme: the dashboard, and errors outside of a portal.

    A ``fragment`` is a part of one, whose notices stay for the next whole page.
    """
    rt, locale = runtime(), current_locale()
    visit = seller_visit()
    values = {
        "seller": visit.seller if visit else None,
        "csrf_token": csrf_token(),
        "notices": () if fragment else take_notices(),
        "languages": frames.languages(rt.themes.translations.locales, locale),
        **(context or {}),
    }
    html = rt.themes.render(None, template, locale, values, timezone=timezone, fragment=fragment)
    return Response(html, status, mimetype="text/html")
