"""Who issues the keys of a product can change; keys that exist stay as they are."""

import pytest
from portico.api import PluginSettings, Refused
from portico.catalog import service as catalog
from portico.hooks.errors import InvalidSettings
from portico.hooks.licenses import LicenseHooks
from portico.hooks.markers import hookimpl
from portico.hooks.plugin import Plugin
from portico.testing import factories


class KeySettings(PluginSettings):
    length: int = 8


class Issuer(Plugin, LicenseHooks):
    name, title = "issuer", "Issuer"

    @hookimpl
    def license_settings(self) -> type[PluginSettings]:
        return KeySettings


@pytest.fixture
def portico_plugins():
    return (Issuer(),)


async def test_the_issuer_of_a_product_can_be_changed_and_taken_away(runtime):
    store = await factories.make_store(runtime)
    product = await factories.make_product(runtime, store)
    for issuer, settings in (("issuer", {"length": 12}), (None, {})):
        await catalog.set_license_issuer(
            runtime, store, product.id, issuer, settings, by="seller:sel_1"
        )
        found = await catalog.product_by_id(runtime, store.id, product.id)
        assert (found.license_issuer, found.license_settings) == (issuer, settings)


async def test_an_issuer_must_exist_take_its_settings_and_be_for_a_product_of_the_store(runtime):
    store, other = await factories.make_store(runtime), await factories.make_store(runtime)
    product = await factories.make_product(runtime, store)
    with pytest.raises(Refused, match="no plugin abacus"):
        await catalog.set_license_issuer(runtime, store, product.id, "abacus", by="cli")
    with pytest.raises(InvalidSettings):
        await catalog.set_license_issuer(
            runtime, store, product.id, "issuer", {"length": "long"}, by="cli"
        )
    with pytest.raises(Refused, match="no such product"):
        await catalog.set_license_issuer(runtime, other, product.id, "issuer", by="cli")
    found = await catalog.product_by_id(runtime, store.id, product.id)
    assert found.license_issuer is None
