"""License keys in the dashboard: finding, showing, switching off, replacing, trying again."""

from datetime import timedelta

import pytest
import pytest_asyncio
from lists_rows import Shop
from portico.events import service as events
from portico.hooks.errors import Refused
from portico.hooks.licenses import IssuedLicense, LicenseHooks
from portico.hooks.markers import hookimpl
from portico.hooks.plugin import Plugin
from portico.licenses import service as licenses
from portico.licenses.models import LicenseState
from portico.orders import service as orders
from portico.sellers.models import Role
from portico.stores.models import Mode
from portico.testing import factories
from portico.worker import Worker

KEYS = "/dashboard/shop/licenses"


class Smith(Plugin, LicenseHooks):
    """Makes keys, unless it is told to refuse."""

    name, title = "test_keys", "Keys"
    refuses = ""

    def __init__(self):
        self.disabled = []

    @hookimpl
    async def issue_license(self, ctx, grant):
        if self.refuses:
            raise Refused(self.refuses)
        return IssuedLicense(f"NEW-{grant.license.number}-ABCD")

    @hookimpl
    async def disable_license(self, ctx, license):  # noqa: A002 - the spec's word
        self.disabled.append(license.key)


@pytest.fixture
def smith():
    return Smith()


@pytest.fixture
def portico_plugins(mails, smith):
    return (mails, smith)


@pytest_asyncio.fixture
async def shop(runtime, store):
    return Shop(runtime, store)


@pytest_asyncio.fixture
async def font(runtime, store):
    return await factories.make_product(runtime, store, name="Font", license_issuer="test_keys")


async def actions(runtime, store):
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    return [entry.action for entry in log if entry.actor_type == "seller"]


async def test_keys_are_found_masked_and_shown_on_request(
    signed_in, team, shop, font, runtime, store
):
    support = await signed_in(team[Role.SUPPORT])
    order = await shop.order("ada@example.com", font)
    one = await shop.license(order, font, "FONT-7K2P-E304DA")
    other = await shop.license(await shop.order("bob@example.com", font), font, "FONT-AAAA-BBBB")
    number = (await orders.get(runtime, store.id, order.id)).number
    for q in ("ada@", "e304da", "7K2P-E304DA", str(number)):
        body = await support.get(f"{KEYS}?q={q}")
        assert one in body and other not in body, q
        assert "FONT-7K2P" not in body.replace(f'value="{q}"', "")
    body = await support.get(f"{KEYS}/{one}")
    assert "7K2P" not in body and "304DA" in body
    await support.send(f"{KEYS}/{one}/show")
    assert "FONT-7K2P-E304DA" in support.body
    assert "no-store" in support.headers["Cache-Control"]
    assert await actions(runtime, store) == ["license.reveal"]


async def test_lists_narrow_by_state_product_and_mode(owner, shop, font, runtime, store):
    icons = await factories.make_product(runtime, store, name="Icons")
    order = await shop.order("ada@example.com", font)
    made = {
        "on": await shop.license(order, font, "KEY-ON"),
        "off": await shop.license(order, font, "KEY-OFF", state=LicenseState.DISABLED),
        "icons": await shop.license(order, icons, "KEY-ICONS"),
        "live": await shop.license(order, font, "KEY-LIVE", mode=Mode.LIVE),
    }

    async def seen(query):
        body = await owner.get(f"{KEYS}?{query}")
        return {name for name, one in made.items() if f"licenses/{one}" in body}

    assert await seen("") == {"on", "off", "icons"}
    assert await seen("state=disabled") == {"off"}
    assert await seen(f"product={icons.id}") == {"icons"}
    assert await seen(f"product={font.id}&state=active") == {"on"}
    assert await seen("mode=live") == {"live"}
    assert await seen("q=ada") == set(made)
    text = await owner.get(f"{KEYS}/export?mode=live")
    assert "KEY-LIVE" in text and "KEY-ON" not in text


async def test_keys_are_switched_off_one_by_one_and_together(
    owner, shop, font, runtime, store, smith
):
    order = await shop.order("ada@example.com", font)
    ids = [await shop.license(order, font, f"KEY-000{i}") for i in range(3)]
    assert "cannot be undone" in await owner.get(f"{KEYS}/{ids[0]}/disable")
    await owner.send(f"{KEYS}/{ids[0]}/disable")
    assert "The key is switched off." in await owner.follow()
    await owner.get(KEYS)
    await owner.send(f"{KEYS}/bulk", ids=",".join(ids), do="disable")
    assert "Switch off 3 keys?" in owner.body
    assert (await licenses.by_id(runtime, store.id, ids[1])).state is LicenseState.ACTIVE
    await owner.send(f"{KEYS}/bulk", ids=",".join(ids), confirmed="1")
    body = await owner.follow()
    assert "2 keys are switched off." in body and "1 key did not count any more." in body
    await Worker(runtime).drain()
    assert sorted(smith.disabled) == ["KEY-0000", "KEY-0001", "KEY-0002"]
    assert (await actions(runtime, store)).count("license.disabled") == 3


async def test_a_key_is_replaced_and_a_failed_one_tried_again(
    owner, shop, font, runtime, store, smith
):
    order = await shop.order("ada@example.com", font)
    old = await shop.license(order, font, "KEY-OLD1")
    await owner.get(f"{KEYS}/{old}/replace")
    await owner.send(f"{KEYS}/{old}/replace")
    assert "This is the new key." in await owner.follow() and old in owner.body
    assert (await licenses.by_id(runtime, store.id, old)).state is LicenseState.REPLACED

    smith.refuses = "No more keys in the pool."
    waiting = await shop.license(order, font, None)
    await events.put(
        runtime, "license", f"license:{waiting}", {"license_id": waiting}, store_id=store.id
    )
    await Worker(runtime).drain()
    assert "Not made" in await owner.get(f"{KEYS}?state=pending")
    assert "No more keys in the pool." in await owner.get(f"{KEYS}/{waiting}")
    smith.refuses = ""
    await owner.send(f"{KEYS}/{waiting}/try-again")
    await Worker(runtime).drain()
    assert (await licenses.by_id(runtime, store.id, waiting)).state is LicenseState.ACTIVE
    await owner.send(f"{KEYS}/{waiting}/try-again")
    assert "does not wait for a key" in await owner.follow()
    assert await actions(runtime, store) == ["license.try_again", "license.replace"]


async def test_another_stores_key_is_not_there(owner, runtime, shop):
    other = await factories.make_store(runtime, slug="other")
    product = await factories.make_product(runtime, other)
    rows = Shop(runtime, other)
    order = await rows.order("ada@example.com", product)
    theirs = await rows.license(order, product, "KEY-THEIRS")
    for path in ("", "/disable", "/replace"):
        await owner.get(f"{KEYS}/{theirs}{path}")
        assert owner.status == 404, path
    for path in ("show", "disable", "replace", "try-again"):
        await owner.get(KEYS)
        await owner.send(f"{KEYS}/{theirs}/{path}")
        assert owner.status == 404 and "KEY-THEIRS" not in owner.body, path
    await owner.get(KEYS)
    await owner.send(f"{KEYS}/bulk", ids=theirs, confirmed="1")
    assert (await licenses.by_id(runtime, other.id, theirs)).state is LicenseState.ACTIVE
