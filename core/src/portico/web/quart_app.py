"""Quart with shortcuts: for requests without a body, for answers that are whole, and for what it
works out anew several times for each request."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from inspect import CO_COROUTINE
from typing import Any, TypeVar

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable
from quart import Quart, Request, Response
from quart.asgi import ASGIHTTPConnection
from quart.routing import QuartRule
from quart.sessions import NullSession, SessionInterface
from quart.utils import encode_headers
from quart.wrappers.base import BaseRequestWebsocket
from quart.wrappers.response import DataBody
from typing_extensions import override
from werkzeug.routing import MapAdapter

from portico.web.streams import SteadyBody, is_stream

_T = TypeVar("_T")


class PageRequest(Request):
    """A request that looks the names of its blueprints up once per endpoint, and whose body is
    taken no faster than it is read."""

    body_class = SteadyBody

    def __init__(
        self, method: str, scheme: str, path: str, *args: Any,
        max_content_length: int | None = None, **options: Any,
    ) -> None:  # fmt: skip
        limit = None if is_stream(path) else max_content_length
        super().__init__(method, scheme, path, *args, max_content_length=limit, **options)

    @property
    @override
    def blueprints(self) -> list[str]:
        return [*_blueprints(self.endpoint)] if self.endpoint else []


@lru_cache(maxsize=1024)
def _blueprints(endpoint: str) -> tuple[str, ...]:
    """The blueprint of an endpoint and those it is nested in, the innermost first."""
    names = endpoint.split(".")[:-1]
    return tuple(".".join(names[:end]) for end in range(len(names), 0, -1))


class PageConnection(ASGIHTTPConnection):
    """A request that has no body is answered without the two tasks that Quart starts for each,
    one to read the body and one to answer: a third of what Quart costs.

    Nobody watches then whether the client is still there, so a page is made to its end; what is
    sent in many pieces, such as a file, is given to Quart, which stops when the client goes.
    """

    @override
    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        request = self._create_request_from_scope(send)
        if request.method not in _BODILESS or not _BODY_HEADERS.isdisjoint(request.headers.keys()):
            await super().__call__(receive, send)
            return
        request.body.set_complete()
        response = await self.app.handle_request(request)
        if isinstance(response, Response) and isinstance(response.response, DataBody):
            await self._send_whole(response, response.response, send)
            return
        sending = asyncio.ensure_future(self._send_response(send, response))
        leaving = asyncio.ensure_future(self.handle_messages(request, receive))
        _, pending = await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        if not sending.cancelled():
            sending.result()

    @override
    async def handle_messages(self, request: Request, receive: ASGIReceiveCallable) -> None:
        body = request.body
        while True:
            message = await receive()
            if message["type"] == "http.request":
                body.append(message.get("body", b""))
                if not message.get("more_body", False):
                    body.set_complete()
                if isinstance(body, SteadyBody):
                    await body.room()
            elif message["type"] == "http.disconnect":
                return

    async def _send_whole(self, response: Response, body: DataBody, send: ASGISendCallable) -> None:
        """One message for the head and one for the body."""
        await send(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": encode_headers(response.headers),
                "trailers": False,
            }
        )
        data = body.data[body.begin : body.end]
        await send({"type": "http.response.body", "body": data, "more_body": False})


_BODILESS = frozenset({"GET", "HEAD"})
_BODY_HEADERS = frozenset({"Content-Length", "Transfer-Encoding"})


class PageRule(QuartRule):
    """A route. Werkzeug compiles for each how its address is built: three quarters of the time
    that the application takes to make. Here it is done when it is first asked for: templates
    write addresses out, so only a plugin may."""

    @override
    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder
        compiled: list[Callable[..., tuple[str, str]]] = []

        def build(rule: PageRule, /, **values: Any) -> tuple[str, str]:
            if not compiled:
                compiled.append(compile_now(append_unknown))
            return compiled[0](rule, **values)

        return build


class NoSessions(SessionInterface):
    """Portico's sessions are rows of the database; Quart's own, in a cookie, is never there."""

    _none = NullSession()

    @override
    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> NullSession:
        return self._none


class App(Quart):
    """The application's class."""

    asgi_http_class = PageConnection
    request_class = PageRequest
    url_rule_class = PageRule
    session_interface: SessionInterface = NoSessions()  # type: ignore[assignment]  # Quart's own is typed as its cookie one

    @override
    def create_url_adapter(self, request: BaseRequestWebsocket | None) -> MapAdapter | None:
        """Routes do not depend on the host, so there is nothing to work out from it."""
        if request is None:
            return None
        return MapAdapter(
            self.url_map, request.host.lower(), request.root_path, "", request.scheme,
            request.path, request.method, request.query_string.decode(errors="replace"),
        )  # fmt: skip

    @override
    def ensure_async(self, func: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        code = getattr(func, "__code__", None)
        if code is not None and code.co_flags & CO_COROUTINE:
            return func
        return super().ensure_async(func)
