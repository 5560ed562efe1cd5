"""Every route × everybody it is not for: never somebody else's data."""

import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from portico.activation import queries as activation_queries
from portico.activation.models import Activation
from portico.app import create_app, schema_owners
from portico.catalog import downloads
from portico.catalog import service as catalog
from portico.customers import service as customers
from portico.db.migrations import upgrade
from portico.demo.seed import SLUG, seed
from portico.emails import service as emails
from portico.hooks.loader import load_plugins
from portico.ids import new_id
from portico.licenses import service as licenses
from portico.orders import service as orders
from portico.runtime import Runtime
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.sessions import queries as session_queries
from portico.sessions.models import Audience
from portico.sessions.tokens import hash_token
from portico.settings import Settings
from portico.stores import service as stores
from portico.stores.models import Store
from portico.subscriptions import methods as payment_methods
from portico.subscriptions import service as subscriptions
from quart import Quart

PLUGINS = ("auth_email_link", "payments_sandbox", "files_local", "licenses", "email_smtp",
           "email_mailbox", "helpdesk", "withdrawal_eu")  # fmt: skip
VICTIM = "customer@example.com"
REFUSALS = {302, 303, 401, 403, 404}

# What anybody may see: it shows nothing of anybody. (A form for signing in, a product's page...)
PUBLIC = re.compile(
    r"^/(healthz|readyz|metrics)$|^/static/|^/mailbox/|^/dashboard/(sign-in|language)"
    r"|^/p/<store>/(sign-in|buy/<slug>|settings/language|settings/email/confirm|x/withdrawal_eu)"
    r"|^/x/helpdesk/<store>/hours$|^/hooks/"
)


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
    )  # type: ignore[call-arg]  # fmt: skip  # pydantic-settings' own argument


async def facts(rt: Runtime, store: Store) -> tuple[dict[str, str], list[str]]:
    """Ids of everything the victim has, and texts that give them away."""
    victim = await customers.by_email(rt, store.id, VICTIM)
    assert victim is not None
    their_orders = await orders.of_customer(rt, store, victim.id)
    their_licenses = await licenses.of_customer(rt, store.id, victim.id)
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
        "grant": "forged", "session_id": "s", "plugin": "payments_sandbox", "name": "default",
        "digest": "0", "path": "x.css", "store_id": store.id, "seller_id": "sel_nobody",
        "customer_id": victim.id, "grant_id": "grt_none",
        "product_id": product.id, "file_id": versions[0].file_id,
        "price_id": (await catalog.prices_of(rt, store, product.id))[0].id, "email_id": mails[0].id,
        "kind": "confirmation", "template_id": "tpl_none", "upload_id": "upl_none", "tab": "files",
    }  # fmt: skip
    markers = [VICTIM, *(one.key for one in their_licenses if one.key),
               *(method.last4 for method in methods)]  # fmt: skip
    return ids, markers


@pytest_asyncio.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    settings = settings_for(database_url, tmp_path)
    await upgrade(database_url, schema_owners(load_plugins(PLUGINS, demo=True)))
    await seed(settings)
    app = create_app(settings)
    async with app.test_app():
        rt: Runtime = app.extensions["portico"]
        store = await stores.by_slug(rt, SLUG)
        assert store is not None
        other = await stores.create(rt, slug="other", name="Other", by="test")
        ids, markers = await facts(rt, store)
        yield World(app, rt, store, other, ids, markers)


async def actors(world: World) -> dict[str, dict[str, str]]:
    """Cookies of everybody who is not the victim, by who they are."""
    rt, store, other = world.rt, world.store, world.other
    stranger = await customers.find_or_create(rt, store, "stranger@example.org")
    twin = await customers.find_or_create(rt, other, VICTIM)
    seller = await sellers.invite(rt, other, "seller@example.org", Role.OWNER, by="test")
    in_other = await world.session(other, twin.id, None)
    return {
        "anonymous": {},
        "another customer": {"portico-demo": await world.session(store, stranger.id, None)},
        "the same person's session of another store": {"portico-other": in_other},
        "that session under this store's cookie": {"portico-demo": in_other},
        "another store's seller": {
            "portico-dashboard": await world.session(None, None, seller.id),
            "portico-demo": await world.session(None, None, seller.id),
        },
    }


async def token_for(world: World, cookies: dict[str, str], path: str) -> tuple[Any, str]:
    """A browser with these cookies, and a valid CSRF token for forms below ``path``."""
    client = world.app.test_client()
    for name, value in cookies.items():
        client.set_cookie("localhost", name, value)
    scope = "/dashboard/" if path.startswith("/dashboard") else f"/p/{world.store.slug}/"
    for page in (scope, scope + "settings", scope + "sign-in", scope + "other/"):
        html = (await (await client.get(page)).get_data()).decode()
        if found := re.search(r'name="csrf_token" value="([^"]+)"', html):
            return client, found[1]
    raise AssertionError(f"no form below {scope}")


def filled(rule: str, ids: dict[str, str]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: ids[match[1]], rule)


async def test_no_route_shows_or_changes_somebody_elses_data(world: World) -> None:
    before = await facts(world.rt, world.store)
    asked = 0
    for who, cookies in (await actors(world)).items():
        for rule in world.app.url_map.iter_rules():
            if PUBLIC.match(rule.rule):
                continue
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                asked += 1
                await check(world, who, cookies, rule.rule, method)
    assert asked > 150
    assert await facts(world.rt, world.store) == before


async def check(world: World, who: str, cookies: dict[str, str], rule: str, method: str) -> None:
    path = filled(rule, world.ids)
    client, token = await token_for(world, cookies, path)
    body = {"csrf_token": token} if method == "POST" else None
    headers = {"X-CSRF-Token": token}
    answer = await client.open(path, method=method, form=body, headers=headers)
    text = (await answer.get_data()).decode(errors="replace")
    said = f"{who}: {method} {rule} answered {answer.status_code}"
    for marker in world.markers:
        assert marker not in text, f"{said} with {marker!r}"
    own_page = who == "another customer" and not re.search(r"<(?!store>)", rule)
    own = ("/dashboard/", "/dashboard/new-store")
    in_dashboard = who == "another store's seller" and rule in own
    allowed = REFUSALS | ({200, 400} if own_page or in_dashboard else set())
    assert answer.status_code in allowed, said


async def test_a_plugin_that_is_off_answers_nowhere(world: World) -> None:
    rt = world.rt
    victim = await customers.by_email(rt, world.store.id, VICTIM)
    assert victim is not None
    cookies = {"portico-demo": await world.session(world.store, victim.id, None)}
    for plugin in PLUGINS:
        # Straight into the table: what still depends on the plugin would rightly keep it on.
        await rt.db.run(
            activation_queries.SET_STATE, store_id=world.store.id, plugin=plugin,
            state=Activation.OFF, now=rt.clock.now(),
        )  # fmt: skip
    await rt.db.one(activation_queries.BUMP, store_id=world.store.id)
    for rule in world.app.url_map.iter_rules():
        of_plugin = re.match(r"^/(x/|hooks/|p/<store>/x/)", rule.rule)
        if of_plugin is None:
            continue
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            client, token = await token_for(world, cookies, "/p/")
            answer = await client.open(
                filled(rule.rule, world.ids), method=method, form={"csrf_token": token}
            )
            assert answer.status_code == 404, f"{method} {rule.rule}: {answer.status_code}"


async def test_another_customers_grant_opens_nothing(world: World) -> None:
    rt = world.rt
    victim = await customers.by_email(rt, world.store.id, VICTIM)
    assert victim is not None
    grant = await downloads.make_grant(rt, world.store, victim.id, world.ids["version_id"])
    for who, cookies in (await actors(world)).items():
        client, _ = await token_for(world, cookies, "/p/")
        answer = await client.get(f"/p/{world.store.slug}/file/{grant}")
        assert answer.status_code in REFUSALS, f"{who}: {answer.status_code}"


def test_ids_cannot_be_guessed() -> None:
    assert len({new_id("ord")[-16:] for _ in range(1000)}) == 1000
