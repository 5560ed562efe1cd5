"""A browser without a screen, and the mail a person reads: for tests of pages and of plugins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

from portico.customers.models import Customer
from portico.hooks.context import Context
from portico.hooks.emails import EmailHooks, OutgoingEmail, SentEmail
from portico.hooks.markers import hookimpl
from portico.hooks.plugin import Plugin
from portico.sellers.models import Seller
from portico.sessions.models import Audience

if TYPE_CHECKING:
    from quart import Quart
    from quart.typing import TestClientProtocol

    from portico.runtime import Runtime

__all__ = ["Browser", "KeepMail", "ReceivedMail", "new_mail"]

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Browser:
    """Keeps cookies, and sends forms with the token of the page it shows.

    ``body``, ``status``, ``location`` and ``headers`` are those of the last answer; a redirect
    leaves ``body`` as it was and is followed with ``follow``.
    """

    def __init__(self, app: Quart, agent: str = FIREFOX) -> None:
        self.app = app
        self.client: TestClientProtocol = app.test_client()
        self.agent = agent
        self.body = ""
        self.status = 0
        self.location = ""
        self.headers: Mapping[str, str] = {}

    async def get(self, path: str, **headers: str) -> str:
        """Open a page."""
        response = await self.client.get(path, headers={"User-Agent": self.agent} | headers)
        return await self._keep(response)

    async def send(self, path: str, *, csrf: str | None = None, **fields: str) -> str:
        """Send a form; ``csrf`` replaces the token of the page ('' leaves it out)."""
        token = self.csrf if csrf is None else csrf
        form = fields | ({"csrf_token": token} if token else {})
        response = await self.client.post(path, form=form, headers={"User-Agent": self.agent})
        return await self._keep(response)

    async def follow(self) -> str:
        """Go where the last answer leads."""
        if self.status not in (302, 303, 307, 308):
            raise AssertionError(f"{self.status} is no redirect: {self.body}")
        return await self.get(self.location.partition("#")[0])

    async def sign_in(self, person: Customer | Seller) -> None:
        """Be signed in: a customer to the portal of their store, a seller to the dashboard."""
        from portico.sessions import queries  # noqa: PLC0415 - pytest imports this at its start
        from portico.sessions.tokens import hash_token, new_token  # noqa: PLC0415
        from portico.stores import service as stores  # noqa: PLC0415
        from portico.web.cookies import DASHBOARD, session_cookie  # noqa: PLC0415

        rt: Runtime = self.app.extensions["portico"]
        token, now = new_token(), rt.clock.now()
        store = None
        if isinstance(person, Customer):
            store = await stores.by_id(rt, person.store_id)
        await rt.db.run(
            queries.INSERT_SESSION, id=hash_token(token),
            audience=Audience.CUSTOMER if store else Audience.SELLER,
            store_id=store.id if store else None, customer_id=person.id if store else None,
            seller_id=None if store else person.id, user_agent=self.agent, ip="127.0.0.1",
            created_at=now, last_seen_at=now, expires_at=now + timedelta(days=1),
        )  # fmt: skip
        cookie = session_cookie(rt.settings, store.slug if store else DASHBOARD)
        self.client.set_cookie("localhost", cookie, token)

    @property
    def csrf(self) -> str:
        """The token in the forms of the page."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.body)
        if found is None:
            raise AssertionError(f"no form on this page: {self.body}")
        return found[1]

    @property
    def cookies(self) -> dict[str, str]:
        """What the browser keeps, by name."""
        jar: Any = self.client.cookie_jar
        return {cookie.name: cookie.value or "" for cookie in jar} if jar is not None else {}

    async def _keep(self, response: Any) -> str:
        self.status = response.status_code
        self.headers = response.headers
        self.location = response.headers.get("Location", "")
        text = str(await response.get_data(as_text=True))
        if not self.location:
            self.body = unescape(text)
        return self.body


class KeepMail(Plugin, EmailHooks):
    """A transport that keeps what it is given."""

    name, title = "keep_mail", "Keep mail"

    def __init__(self) -> None:
        self.sent: list[OutgoingEmail] = []
        self.refuses: Exception | None = None

    @hookimpl
    async def send_email(self, ctx: Context, message: OutgoingEmail) -> SentEmail:
        """Keep it, or raise what ``refuses`` is."""
        if self.refuses is not None:
            raise self.refuses
        self.sent.append(message)
        return SentEmail("250 kept")


@dataclass(frozen=True)
class ReceivedMail:
    """What a person finds in a mail."""

    to: str
    subject: str
    text: str

    @property
    def path(self) -> str:
        """Path and query of the link with a token."""
        found = re.search(r"https?://[^/\s]+(/[^\s>)\]]*token=[\w-]+)", self.text)
        if found is None:
            raise AssertionError(f"no link in this mail: {self.text}")
        return found[1]

    @property
    def token(self) -> str:
        """The link's token."""
        return self.path.partition("token=")[2]

    @property
    def code(self) -> str:
        """The code to type: six capital letters or digits."""
        found = re.search(r"(?<![\w-])[A-Z0-9]{6}(?![\w-])", self.text)
        if found is None:
            raise AssertionError(f"no code in this mail: {self.text}")
        return found[0]


async def new_mail(rt: Runtime, transport: KeepMail) -> list[ReceivedMail]:
    """Let the worker send what is due; what has arrived since the last call."""
    from portico.worker import Worker  # noqa: PLC0415 - pytest imports this at its start

    await Worker(rt).drain()
    mails = [ReceivedMail(one.to, one.subject, one.text) for one in transport.sent]
    transport.sent.clear()
    return mails
