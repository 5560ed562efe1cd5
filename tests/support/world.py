"""The whole product with the demo's data, in one process: who bought what, and who may see it."""

import re
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest_asyncio
from portico.app import create_app
from portico.catalog import service as catalog
from portico.customers import service as customers
from portico.demo.seed import SLUG, seed
from portico.emails import service as emails
from portico.hooks.loader import load_plugins
from portico.invoices import service as invoices
from portico.licenses import service as licenses
from portico.orders import service as orders
from portico.runtime import Runtime
from portico.sessions import queries as session_queries
from portico.sessions.models import Audience
from portico.sessions.tokens import hash_token
from portico.settings import Settings
from portico.stores import service as stores
from portico.stores.models import Store
from portico.subscriptions import methods as payment_methods
from portico.subscriptions import service as subscriptions
from portico.testing.app import create_tables, load_themes
from quart import Quart

PLUGINS = ("auth_email_link", "payments_sandbox", "files_local", "licenses", "email_smtp",
           "email_mailbox", "helpdesk", "withdrawal_eu", "payments_stripe")  # fmt: skip
VICTIM = "customer@example.com"


@dataclass
class World:
    """An application with the demo's store (the victim's) and another one."""

    app: Quart
    rt: Runtime
    store: Store
    other: Store
    ids: dict[str, str]
    markers: list[str]

    async def session(self, store: Store | None, customer: str | None, seller: str | None) -> str:
        """A signed-in browser's cookie."""
        token = secrets.token_urlsafe(32)
        now = self.rt.clock.now()
        await self.rt.db.run(
            session_queries.INSERT_SESSION, id=hash_token(token),
            audience=Audience.CUSTOMER if customer else Audience.SELLER,
            store_id=store.id if store else None, customer_id=customer, seller_id=seller,
            user_agent="", ip="", created_at=now, last_seen_at=now,
            expires_at=now + timedelta(days=1),
        )  # fmt: skip
        return token


def settings_for(url: str, folder: Path) -> Settings:
    return Settings(
        _env_file=None, database_url=url, data_dir=folder, secret_keys=("a" * 40,),
        plugins=PLUGINS, demo=True, worker=False,
    )  # fmt: skip


async def facts(rt: Runtime, store: Store) -> tuple[dict[str, str], list[str]]:
    """Ids of everything the victim has, and texts that give them away."""
    victim = await customers.by_email(rt, store.id, VICTIM)
    assert victim is not None
    their_orders = await orders.of_customer(rt, store, victim.id)
    their_licenses = await licenses.of_customer(rt, store.id, victim.id)
    their_invoices = await invoices.latest_of_customer(rt, store.id, victim.id, 1)
    their_subscriptions = await subscriptions.of_customer(rt, store.id, victim.id)
    methods = await payment_methods.methods_of_customer(rt, store.id, victim.id)
    product = await catalog.product_by_slug(rt, store, "meridian-sans")
    assert product is not None
    versions = await catalog.newest_versions(rt, store.id, product.id)
    mails = await emails.of_customer(rt, store.id, victim.id)
    ids = {
        "store": store.slug, "store_slug": store.slug, "slug": "meridian-sans",
        "order_id": their_orders[0].id, "subscription_id": their_subscriptions[0].id,
        "license_id": next(one.id for one in their_licenses if one.state == "active"),
        "method_id": methods[0].id, "version_id": versions[0].id, "id": mails[0].id,
        "grant": "forged", "token": "t", "session_id": "s", "plugin": "payments_sandbox",
        "name": "default", "digest": "0", "path": "x.css", "store_id": store.id,
        "seller_id": "sel_nobody", "customer_id": victim.id, "grant_id": "grt_none",
        "product_id": product.id, "file_id": versions[0].file_id,
        "price_id": (await catalog.prices_of(rt, store, product.id))[0].id, "email_id": mails[0].id,
        "kind": "confirmation", "template_id": "tpl_none", "upload_id": "upl_none", "tab": "files",
        "change_id": "chg_none", "invoice_id": their_invoices[0].id,
    }  # fmt: skip
    markers = [VICTIM, *(one.key for one in their_licenses if one.key),
               *(method.last4 for method in methods)]  # fmt: skip
    return ids, markers


@pytest_asyncio.fixture
async def world(tables_url: str, tmp_path: Path) -> AsyncIterator[World]:
    settings = settings_for(tables_url, tmp_path)
    await create_tables(tables_url, load_plugins(PLUGINS, demo=True))
    await seed(settings)
    app = create_app(settings, load_themes=load_themes)
    async with app.test_app():
        rt: Runtime = app.extensions["portico"]
        store = await stores.by_slug(rt, SLUG)
        assert store is not None
        other = await stores.create(rt, slug="other", name="Other", by="test")
        ids, markers = await facts(rt, store)
        yield World(app, rt, store, other, ids, markers)


def filled(rule: str, ids: Mapping[str, str]) -> str:
    """The rule as a path, with these ids in it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: ids[match[1]], rule)
