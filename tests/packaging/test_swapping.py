"""A plugin in place of another: what the old one made keeps working, what is new is the new's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import portico_auth_email_link
import portico_email_mailbox
import portico_files_database
import portico_files_local
import portico_license_words
import portico_licenses
import portico_payments_sandbox
import pytest
import pytest_asyncio
from portico.activation import service as activation
from portico.activation.models import Activation
from portico.activation.service import StillNeeded
from portico.catalog import service as catalog
from portico.catalog.models import FileVersion, Product
from portico.customers import service as customers
from portico.demo.seed import Browser
from portico.licenses import service as licenses
from portico.licenses.models import License, LicenseState
from portico.runtime import Runtime
from portico.sessions import service as sessions
from portico.stores import service as stores
from portico.stores.models import Store
from portico.testing import factories
from portico.web.cookies import session_cookie
from portico.worker import Worker
from quart import Quart

if TYPE_CHECKING:
    from quart.typing import TestClientProtocol

pytestmark = pytest.mark.plugins(
    portico_auth_email_link.plugin,
    portico_email_mailbox.plugin,
    portico_files_database.plugin,
    portico_files_local.plugin,
    portico_license_words.plugin,
    portico_licenses.plugin,
    portico_payments_sandbox.plugin,
)
SECRET = "correct horse battery staple, twice over"
OLD, NEW = b"the first version " * 40_000, b"the second version " * 40_000
BUYER = "buyer@example.com"


class Shop:
    """A store, its seller's hand and its one customer."""

    def __init__(self, app: Quart, store: Store, product: Product) -> None:
        self.app, self.product = app, product
        self.rt: Runtime = app.extensions["portico"]
        self._store_id = store.id

    async def store(self) -> Store:
        """The store as it is now."""
        found = await stores.by_id(self.rt, self._store_id)
        assert found is not None
        return found

    async def choose(self, **providers: str) -> None:
        """The seller's choice of plugins for what is new."""
        store = await self.store()
        chosen = store.settings.get("providers", {}) | providers
        settings = store.settings | {"providers": chosen}
        await stores.update_settings(self.rt, store.id, settings=settings, by="cli")

    async def buy(self) -> License:
        """Buy the product in a browser; the key that comes with it."""
        before = {one.id for one in await self.keys()}
        browser = Browser(self.app)
        await browser.open(f"/p/shop/buy/{self.product.slug}")
        await browser.submit(email=BUYER)
        await browser.submit(cc_number="4242424242424242", cc_exp="12 / 34", cc_csc="123")
        await Worker(self.rt).drain()
        (new,) = [one for one in await self.keys() if one.id not in before]
        return new

    async def keys(self) -> list[License]:
        customer = await customers.by_email(self.rt, self._store_id, BUYER)
        return await licenses.of_customer(self.rt, self._store_id, customer.id) if customer else []

    async def key(self, license_id: str) -> License:
        found = await licenses.by_id(self.rt, self._store_id, license_id)
        assert found is not None
        return found

    async def upload(self, content: bytes, file_id: str | None = None) -> FileVersion:
        async def chunks() -> AsyncIterator[bytes]:
            for at in range(0, len(content), 100_000):
                yield content[at : at + 100_000]

        about: dict[str, Any] = {"filename": "paper.zip", "chunks": chunks(), "by": "cli"}
        store = await self.store()
        if file_id is not None:
            return await catalog.replace_file(self.rt, store, file_id, **about)
        return await catalog.add_file(self.rt, store, self.product.id, **about)

    async def state(self, plugin: str) -> Activation:
        return await activation.state(self.rt, await self.store(), plugin)


@pytest_asyncio.fixture
async def shop(app: Quart) -> Shop:
    rt: Runtime = app.extensions["portico"]
    store = await factories.make_store(rt, "shop")
    product = await factories.make_product(rt, store, slug="paper", license_issuer="licenses")
    await factories.make_price(rt, store, product)
    made = Shop(app, store, product)
    await made.choose(storage="files_local", email="email_mailbox")
    return made


async def test_another_plugin_issues_keys_and_the_old_ones_stay_their_issuers(shop: Shop) -> None:
    rt, store = shop.rt, await shop.store()
    old, refunded = await shop.buy(), await shop.buy()
    assert {old.issuer, refunded.issuer} == {"licenses"}

    await activation.save_settings(rt, store, "license_words", {"secret": SECRET}, by="cli")
    await catalog.set_license_issuer(rt, store, shop.product.id, "license_words", by="cli")
    await activation.retire(rt, store, "licenses", by="cli")
    new = await shop.buy()
    assert new.issuer == "license_words"
    assert set(str(new.key).split("-")) <= set(portico_license_words.WORDS)
    assert await shop.key(old.id) == old

    with pytest.raises(StillNeeded, match="2 licenses"):
        await activation.disable(rt, await shop.store(), "licenses", by="cli")
    await licenses.disable(rt, await shop.store(), refunded.id, by="cli")
    customer = await customers.by_id(rt, store.id, old.customer_id)
    other = await licenses.replace(rt, await shop.store(), customer, old.id)
    await Worker(rt).drain()
    assert (await shop.key(refunded.id)).state is LicenseState.DISABLED
    assert (await shop.key(old.id)).state is LicenseState.REPLACED
    assert other.issuer == "licenses"

    await licenses.disable(rt, await shop.store(), other.id, by="cli")
    await Worker(rt).drain()
    await activation.disable(rt, await shop.store(), "licenses", by="cli")
    assert await shop.state("licenses") is Activation.OFF
    assert (await shop.buy()).issuer == "license_words"
    assert (await shop.key(other.id)).key == other.key


async def test_a_store_changes_its_storage_and_old_files_keep_downloading(shop: Shop) -> None:
    rt, store = shop.rt, await shop.store()
    first, second = await shop.upload(OLD), await shop.upload(OLD[::-1])
    await shop.buy()
    assert first.storage == second.storage == "files_local"

    await shop.choose(storage="files_database")
    newer = await shop.upload(NEW, first.file_id)
    assert newer.storage == "files_database"
    with pytest.raises(StillNeeded, match="files"):
        await activation.disable(rt, await shop.store(), "files_local", by="cli")
    await downloads_are(shop, {first: OLD, second: OLD[::-1], newer: NEW})

    await activation.retire(rt, await shop.store(), "files_local", by="cli")
    await shop.choose(storage="files_local")  # what retires is not chosen, whoever asks for it
    newest = await shop.upload(NEW[::-1], second.file_id)
    assert newest.storage == "files_database"
    everything = {first: OLD, second: OLD[::-1], newer: NEW, newest: NEW[::-1]}
    await downloads_are(shop, everything)
    with pytest.raises(StillNeeded, match="2 files"):
        await activation.disable(rt, await shop.store(), "files_local", by="cli")
    assert await shop.state("files_local") is Activation.RETIRING
    await downloads_are(shop, everything)

    await activation.enable(rt, await shop.store(), "files_local", by="cli")
    assert (await shop.upload(OLD)).storage == "files_local"
    assert store.plugins_version < (await shop.store()).plugins_version


async def downloads_are(shop: Shop, contents: dict[FileVersion, bytes]) -> None:
    """The customer gets these bytes, whole and from the middle on."""
    browser = await signed_in(shop)
    for version, content in contents.items():
        answer = await browser.get(f"/p/shop/downloads/{version.id}")
        assert answer.status_code == 302
        address = urljoin("http://127.0.0.1:8000/p/shop/downloads/x", answer.headers["Location"])
        path = urlsplit(address).path
        whole = await browser.get(path)
        assert (whole.status_code, await whole.get_data() == content) == (200, True)
        rest = await browser.get(path, headers={"Range": "bytes=300001-"})
        assert (rest.status_code, await rest.get_data() == content[300_001:]) == (206, True)


async def signed_in(shop: Shop) -> TestClientProtocol:
    """The customer's browser, with a session."""
    store = await shop.store()
    customer = await customers.by_email(shop.rt, store.id, BUYER)
    assert customer is not None
    attempt = await factories.make_attempt(
        shop.rt, store, "auth_email_link", email=BUYER, subject_id=customer.id
    )
    opened = await sessions.open_session(
        shop.rt, store, attempt.id, previous_token=None, user_agent="test", ip="127.0.0.1"
    )
    assert opened is not None
    browser = shop.app.test_client()
    browser.set_cookie("localhost", session_cookie(shop.rt.settings, "shop"), opened.token)
    return browser
