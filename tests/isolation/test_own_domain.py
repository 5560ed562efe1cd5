"""A store's own domain serves that store's portal, and nothing else of the installation."""

from datetime import timedelta
from typing import Any

import pytest_asyncio
from portico.activation import service as activation
from portico.customers import service as customers
from portico.domains import queries as domain_queries

from tests.isolation.test_routes import actors
from tests.support.world import VICTIM, World, filled

DOMAIN = "portal.northwind.example"
HOST = {"Host": DOMAIN}


@pytest_asyncio.fixture(autouse=True)
async def own_domains(world: World) -> None:
    """The victim's store has a domain of its own, and the other store has one, too."""
    for store, domain in ((world.store, DOMAIN), (world.other, "other.example")):
        await world.rt.db.run(
            domain_queries.USE, store_id=store.id, new_domain=domain,
            verified_at=world.rt.clock.now() - timedelta(days=1),
        )  # fmt: skip
    await world.rt.hosts.read()


async def test_no_address_of_the_installation_is_there_but_the_portals(world: World) -> None:
    """Every route that is not the portal's, with everybody's cookies at once: 404."""
    cookies = {name: value for one in (await actors(world)).values() for name, value in one.items()}
    client: Any = world.app.test_client()
    for name, value in cookies.items():
        client.set_cookie(DOMAIN, name, value)
    asked = 0
    for rule in world.app.url_map.iter_rules():
        if rule.rule.startswith(("/static/", "/.well-known/")):
            continue
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            asked += 1
            path = filled(rule.rule, world.ids)
            answer = await client.open(path, method=method, headers=HOST)
            said = f"{method} {path} answered {answer.status_code}"
            assert answer.status_code == 404 or path == "/", said
            text = await answer.get_data(as_text=True)
            assert not any(marker in text for marker in world.markers), said
    assert asked > 150


async def test_only_the_stores_own_customers_are_signed_in_there(world: World) -> None:
    for who, cookies in (await actors(world)).items():
        client = world.app.test_client()
        for name, value in cookies.items():
            client.set_cookie(DOMAIN, name, value)
        for path in ("/", "/purchases", "/licenses", f"/purchases/{world.ids['order_id']}"):
            answer = await client.get(path, headers=HOST)
            text = await answer.get_data(as_text=True)
            assert not any(marker in text for marker in world.markers), f"{who}: {path}"
            own = who == "another customer" and "ord_" not in path
            allowed = {200} if own else {302, 404}
            assert answer.status_code in allowed, f"{who}: {path} answered {answer.status_code}"


async def test_the_customer_is_and_only_on_their_stores_domain(world: World) -> None:
    victim = await customers.by_email(world.rt, world.store.id, VICTIM)
    assert victim is not None
    token = await world.session(world.store, victim.id, None)
    client = world.app.test_client()
    for host in (DOMAIN, "other.example"):
        client.set_cookie(host, "portico-demo", token)
        client.set_cookie(host, "portico-other", token)
    answer = await client.get("/licenses", headers=HOST)
    assert world.markers[1] in await answer.get_data(as_text=True)
    answer = await client.get("/licenses", headers={"Host": "other.example"})
    assert answer.status_code == 302  # to the door


async def test_what_a_plugin_shows_customers_is_there_and_its_other_routes_are_not(
    world: World,
) -> None:
    client = world.app.test_client()
    for plugin in ("withdrawal_eu", "helpdesk"):
        await activation.enable(world.rt, world.store, plugin, by="test")
    page = "x/withdrawal_eu/withdraw"
    found = [one.rule for one in world.app.url_map.iter_rules() if "withdrawal_eu" in one.rule]
    assert f"/p/<store>/{page}" in found, found
    assert (await client.get(f"/{page}", headers=HOST)).status_code == 200
    assert (await client.get("/x/helpdesk/demo/hours")).status_code == 200
    assert (await client.get("/x/helpdesk/demo/hours", headers=HOST)).status_code == 404


async def test_a_host_that_only_looks_like_it_gets_no_portal(world: World) -> None:
    client = world.app.test_client()
    for host in (f"x.{DOMAIN}", f"{DOMAIN}.example", "portal.northwind.example@evil.example"):
        assert (await client.get("/sign-in", headers={"Host": host})).status_code == 404
