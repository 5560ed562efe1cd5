"""Fills an empty database with the demo store.

Past purchases are made as a customer makes them, through the pages of the portal and of the
payment plugin, with the clock set back; so what the demo shows is what the product does.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from quart import Quart
from quart.typing import TestClientProtocol

from portico.app import create_app
from portico.catalog import service as catalog
from portico.clock import FixedClock
from portico.customers import service as customers
from portico.db import Database, DatabaseError, DatabaseUnavailable
from portico.demo.content import (
    PLUGINS,
    PORTAL,
    PRODUCTS,
    PURCHASES,
    DemoPeople,
    DemoProduct,
    DemoPurchase,
)
from portico.errors import PorticoError
from portico.events.handlers import schedule
from portico.orders import refunds
from portico.orders import service as orders
from portico.runtime import Runtime
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.settings import Settings
from portico.stores import queries
from portico.stores import service as stores
from portico.stores.models import Store
from portico.worker import Worker

SLUG = "demo"
CARD_FIELDS = {"cc-number": "", "cc-exp": "12 / 34", "cc-csc": "123", "cc-name": "Kim Customer"}


class FormParser(HTMLParser):
    """Finds the first form with a POST method and what it would send."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.values: dict[str, str] = {}
        self.by_purpose: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form" and (found.get("method") or "").lower() == "post" and not self.action:
            self.action, self._inside = found.get("action") or "", True
        elif tag in ("input", "button") and self._inside and found.get("name"):
            self._field(str(found["name"]), found)

    def _field(self, name: str, found: dict[str, str | None]) -> None:
        kind = found.get("type")
        if kind == "radio" and "checked" not in found and name in self.values:
            return
        if kind in ("submit", "checkbox") and name in self.values:
            return
        self.values[name] = found.get("value") or ""
        if found.get("autocomplete"):
            self.by_purpose[str(found["autocomplete"])] = name

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class Browser:
    """Just enough of one: keeps cookies, follows redirects, fills in the form of a page."""

    def __init__(self, app: Quart) -> None:
        self._client: TestClientProtocol = app.test_client()
        self.url = "/"
        self.html = ""

    async def _go(self, url: str, form: dict[str, str] | None = None) -> None:
        for _ in range(10):
            self.url = urljoin(self.url, url)
            parts = urlsplit(self.url)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            if form is None:
                answer = await self._client.get(target)
            else:
                answer = await self._client.post(target, form=form)
            self.html = await answer.get_data(as_text=True)
            if answer.status_code not in (301, 302, 303, 307):
                break
            url, form = answer.headers["location"], None
        if answer.status_code >= 400:
            raise PorticoError(f"The demo could not be filled: {self.url} answered "
                               f"{answer.status_code}")  # fmt: skip

    async def open(self, url: str) -> None:
        """Go to a page."""
        await self._go(url)

    async def submit(self, **by_purpose: str) -> None:
        """Send the page's form, fields filled in by their ``autocomplete`` purpose."""
        form = FormParser()
        form.feed(self.html)
        if form.action is None:
            raise PorticoError(f"The demo could not be filled: {self.url} has no form")
        values = dict(form.values)
        for purpose, value in by_purpose.items():
            name = form.by_purpose.get(purpose.replace("_", "-"))
            if name:
                values[name] = value
        await self._go(form.action or self.url, values)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _add_product(rt: Runtime, store: Store, item: DemoProduct, ids: dict[str, str]) -> None:
    product = await catalog.create_product(
        rt, store, slug=item.slug, name=item.name, description=item.description,
        license_issuer=PLUGINS["licenses"] if item.licensed else None,
        bundle_of=[ids[part] for part in item.bundle_of], by="demo",
    )  # fmt: skip
    ids[item.slug] = product.id
    for amount, interval in ((item.amount, item.interval), *item.other_prices):
        await catalog.add_price(
            rt, store, product.id, unit_amount=amount, currency=store.currency, interval=interval,
            by="demo",
        )  # fmt: skip
    for file in item.files:
        file_id = None
        for label, notes, data in file.versions:
            about: dict[str, Any] = {"filename": file.filename, "label": label, "notes": notes,
                                     "chunks": _once(data), "by": "demo"}  # fmt: skip
            if file_id is None:
                version = await catalog.add_file(rt, store, product.id, name=file.name, **about)
                file_id = version.file_id
            else:
                await catalog.replace_file(rt, store, file_id, **about)


async def _buy(app: Quart, item: DemoPurchase) -> None:
    browser = Browser(app)
    await browser.open(f"/p/{SLUG}/buy/{item.product}")
    await browser.submit(email=DemoPeople().customer)
    card = CARD_FIELDS | {"cc-number": item.card}
    await browser.submit(**{purpose.replace("-", "_"): value for purpose, value in card.items()})


async def _refund_latest(rt: Runtime, store: Store) -> None:
    customer = await customers.by_email(rt, store.id, DemoPeople().customer)
    assert customer is not None
    order = (await orders.of_customer(rt, store, customer.id))[0]
    await refunds.refund(rt, store, order.id, order.total, "requested_by_customer", by="demo")


async def _stock(rt: Runtime, clock: FixedClock, start: datetime) -> Store:
    clock.current = start
    store = await stores.create(
        rt, slug=SLUG, name="Northwind Type", currency="EUR", locale="en",
        timezone="Europe/Berlin", support_email="hello@example.com",
        plugins={*PLUGINS.values(), "email_smtp", "withdrawal_eu"}, by="demo",
    )  # fmt: skip
    settings = {"demo": True, "providers": PLUGINS, "portal": PORTAL}
    store = await stores.update_settings(rt, store.id, settings=settings, by="demo")
    await sellers.invite(rt, store, DemoPeople().seller, Role.OWNER, by="demo")
    await sellers.invite(rt, store, DemoPeople().manager, Role.MANAGER, by="demo")
    await sellers.invite(rt, store, DemoPeople().support, Role.SUPPORT, by="demo")
    ids: dict[str, str] = {}
    for item in PRODUCTS:
        await _add_product(rt, store, item, ids)
    return store


async def refuse_real(settings: Settings) -> None:
    """``PorticoError`` if the database is in real use. Looks before anything is migrated."""
    async with Database(settings.resolved_database_url, pool_size=1) as db:
        try:
            found = await db.all(queries.SETTINGS)
        except DatabaseUnavailable:
            raise
        except DatabaseError:  # there are no tables yet
            return
    if not all(one.get("demo") for one in found):
        raise PorticoError(
            "This database holds a real installation, which `portico demo` never touches. "
            "Give it an empty one in PORTICO_DATABASE_URL, or another --data-dir."
        )


async def seed(settings: Settings) -> None:
    """Make the demo store, unless it is there."""
    clock = FixedClock()
    now = datetime.now(UTC)
    app = create_app(settings.model_copy(update={"worker": False}), clock=clock)
    async with app.test_app():
        rt: Runtime = app.extensions["portico"]
        if await stores.all_stores(rt):
            return
        store = await _stock(rt, clock, now - timedelta(days=210))
        worker = Worker(rt)
        for item in PURCHASES:
            clock.current = now - timedelta(days=item.days_ago)
            await _buy(app, item)
            await worker.drain()
            if item.refund:
                clock.advance(timedelta(days=2))
                await _refund_latest(rt, store)
                await worker.drain()
        # Renewals are a periodic job: let it become due, as it would by itself in a minute.
        clock.current = now - timedelta(minutes=2)
        await schedule(rt)
        clock.current = now
        await worker.drain()
