"""A store on known data, its customers, and browsers that are signed in."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from portico import tables
from portico.runtime import Runtime
from portico.sessions.models import Audience
from portico.sessions.tokens import hash_token, new_token
from portico.web.cookies import cookie_name
from quart import Quart
from quart.typing import TestClientProtocol

sys.path.insert(0, str(Path(__file__).parent))

from portal_rows import NOW, Rows


class Browser:
    """A browser signed in to one store."""

    def __init__(self, app: Quart, client: TestClientProtocol, slug: str) -> None:
        self.app, self.client, self.slug = app, client, slug

    async def get(self, path: str = "", status: int = 200, **options: Any) -> str:
        """The text of a page; it must have this status."""
        response = await self.client.get(f"/p/{self.slug}/{path}", **options)
        text = await response.get_data(as_text=True)
        assert response.status_code == status, text
        return text

    async def post(self, path: str, **form: str) -> Any:
        """Send a form with its token, as the page it is on would."""
        url = f"/p/{self.slug}/{path}"
        return await self.client.post(url, form={**form, "csrf_token": await self.token()})

    async def token(self) -> str:
        page = await self.get("")
        return page.split('name="csrf_token" value="')[1].split('"')[0]


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest_asyncio.fixture
async def store(rows: Rows) -> str:
    return rows.store()


@pytest_asyncio.fixture
async def customer(rows: Rows, store: str) -> str:
    return rows.customer()


@pytest.fixture
def sign_in(app: Quart, runtime: Runtime):
    """Writes the rows so far and opens a session: ``await sign_in(rows, customer_id)``."""

    async def open_session(
        rows: Rows, customer_id: str, slug: str = "demo", locale: str = "en"
    ) -> Browser:
        token = new_token()
        rows.add(
            tables.sessions.sessions, "ses",
            id=hash_token(token), audience=Audience.CUSTOMER, customer_id=customer_id,
            seller_id=None, user_agent="Firefox", ip="127.0.0.1", created_at=NOW,
            last_seen_at=NOW, expires_at=NOW + timedelta(days=30),
        )  # fmt: skip
        await rows.write(runtime.db)
        client = app.test_client()
        client.set_cookie("localhost", cookie_name(runtime.settings, slug), token)
        client.set_cookie("localhost", cookie_name(runtime.settings, "locale"), locale)
        return Browser(app, client, slug)

    return open_session
