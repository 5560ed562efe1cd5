"""Every route × everybody it is not for: never somebody else's data."""

import re
from typing import Any

from portico.activation import queries as activation_queries
from portico.activation.models import Activation
from portico.catalog import downloads
from portico.customers import service as customers
from portico.ids import new_id
from portico.sellers import service as sellers
from portico.sellers.models import Role

from tests.support.world import PLUGINS, VICTIM, World, facts, filled

REFUSALS = {302, 303, 401, 403, 404}

# What anybody may see: it shows nothing of anybody. (A form for signing in, a product's page...)
PUBLIC = re.compile(
    r"^/(healthz|readyz|metrics|favicon.ico)?$|^/static/|^/.well-known/portico/|^/mailbox/|^/dashboard/(sign-in|language)"
    r"|^/p/<store>/(sign-in|buy/<slug>|settings/language|settings/(email|data/erase)/confirm|x/withdrawal_eu)"
    r"|^/x/helpdesk/<store>/hours$|^/hooks/"
)


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
        html = await (await client.get(page)).get_data(as_text=True)
        if found := re.search(r'name="csrf_token" value="([^"]+)"', html):
            return client, found[1]
    raise AssertionError(f"no form below {scope}")


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
