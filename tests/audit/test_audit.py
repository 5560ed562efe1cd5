"""Every change that touches money or access is in the audit log, also one that is added later."""

from pathlib import Path

import pytest
from portico.app import create_app
from portico.hooks.loader import load_plugins
from portico.runtime import Runtime
from portico.sellers import service as sellers
from portico.sellers import setup
from portico.stores import service as stores
from portico.testing.app import create_tables
from portico.testing.browser import Browser

from tests.audit.table import TABLE
from tests.audit.walk import ENTRIES, Audited, Walk, changes, check
from tests.support.world import PLUGINS, World, settings_for

pytestmark = pytest.mark.slow


async def test_every_change_of_money_or_access_is_noted(world: World) -> None:
    asked = changes(world)
    assert [one for one in asked if one not in TABLE] == [], "say what must be noted of these"
    assert [one for one in TABLE if one not in asked] == [], "there is no such route any more"
    walk, wrong = await Walk.begin(world), []
    for rule, line in TABLE.items():
        if isinstance(line, Audited):
            wrong.append(await check(walk, rule, line))
    assert not any(wrong), "\n".join(filter(None, wrong))


async def test_the_first_seller_and_store_are_noted(tables_url: str, tmp_path: Path) -> None:
    await create_tables(tables_url, load_plugins(PLUGINS, demo=True))
    app = create_app(settings_for(tables_url, tmp_path))
    async with app.test_app():
        rt: Runtime = app.extensions["portico"]
        token = await setup.new_link_token(rt)
        browser = Browser(app)
        await browser.get(f"/dashboard/set-up?token={token}")
        await browser.send(
            f"/dashboard/set-up?token={token}", token=token or "", email="first@example.com",
            name="First", store_name="Shop", currency="EUR",
        )  # fmt: skip
        first = await sellers.by_email(rt, "first@example.com")
        assert first is not None
        (store,) = await stores.all_stores(rt)
        noted = {
            (one.store_id, one.actor_id, one.action, one.subject_id)
            for one in await rt.db.all(ENTRIES)
        }
    assert {
        (store.id, first.id, "store.create", store.id), (store.id, first.id, "team.join", first.id),
        (None, first.id, "seller.sign_in", first.id),
    } <= noted  # fmt: skip
