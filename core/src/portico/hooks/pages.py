"""Requests and answers of the pages and routes that plugins add."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portico.customers.models import Customer
from portico.hooks.context import Context
from portico.sellers.models import Role, Seller


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a plugin sees it. Forms have already passed the CSRF check.

    ``customer`` is set on portal pages, ``seller`` and ``role`` on dashboard pages, neither on
    public routes. ``params`` are the parts of the path; ``query`` and ``form`` keep the last
    value of a repeated name. Header names are in lower case. ``client`` is what counts as one
    client for rate limits, see ``ctx.limits``.
    """

    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    customer: Customer | None = None
    seller: Seller | None = None
    role: Role | None = None
    csrf_token: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Render ``template`` (``<plugin>/....html``) in the store's theme."""

    template: str
    title: str
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class SeeOther:
    """Redirect with 303: to a path of this installation, or a URL of a declared origin."""

    url: str


@dataclass(frozen=True, slots=True)
class Data:
    """Answer with JSON."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Body:
    """Answer with bytes of a media type. ``frame`` is HTML meant for a sandboxed frame of ours."""

    content: bytes
    media_type: str
    status: int = 200
    frame: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotFound:
    """There is no such thing, or it is not theirs to see."""


Answer = Page | SeeOther | Data | Body | NotFound
Handler = Callable[[Context, Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class PluginPage:
    """A page in the portal (``/p/<store>/x/<plugin>/<path>``) or the dashboard
    (``/dashboard/<store>/x/<plugin>/<path>``). ``path`` may hold ``<names>``.

    Core checks session, store, role and CSRF token before ``handler`` is called. ``guests`` opens
    a page of the portal to who is not signed in as well; ``request.customer`` is None then.
    """

    path: str
    handler: Handler
    methods: frozenset[str] = frozenset({"GET"})
    role: Role = Role.SUPPORT
    guests: bool = False


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """An entry of a menu, or a link in the portal's foot (``icon`` does not show there).

    ``path`` is one of the plugin's own pages.
    """

    label: str
    path: str
    icon: str = "puzzle"
    weight: int = 100


@dataclass(frozen=True, slots=True)
class PortalVisit:
    """Who looks at a page of the portal; ``customer`` is None while nobody is signed in."""

    customer: Customer | None = None


@dataclass(frozen=True, slots=True)
class PanelSlot:
    """A place on a page where plugins may add something.

    ``page`` is ``overview``, ``purchase``, ``subscription``, ``downloads``, ``licenses``,
    ``billing`` or ``settings`` in the portal, ``home`` in the dashboard; ``subject_id`` is the
    order or subscription it shows.
    """

    page: str
    customer: Customer | None = None
    seller: Seller | None = None
    subject_id: str | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a page: ``template`` is rendered with ``context``; a failure leaves it out."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    weight: int = 100


@dataclass(frozen=True, slots=True)
class Route:
    """A public route: no session, no store unless the path says so (``<store>``).

    Mounted under ``/x/<plugin>/`` or, where the plugin claims a ``root``, under ``/<root>/``.
    With ``<store>`` in the path the plugin must be on (or retiring) in that store, else 404.
    Forms need the CSRF token unless ``machine`` says that no browser ever calls it.
    """

    path: str
    handler: Handler
    methods: frozenset[str] = frozenset({"GET"})
    machine: bool = False
