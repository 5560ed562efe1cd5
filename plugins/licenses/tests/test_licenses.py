"""Keys in every format, and patterns that cannot be guessed."""

import dataclasses
import re
from datetime import UTC, datetime, timedelta

import pytest
from portico.api import InvalidSettings, LicenseHooks
from portico.catalog import service as catalog
from portico.testing import factories
from portico.testing.contracts.licenses import LicenseHooksContract
from portico_licenses import plugin
from portico_licenses.formats import UNAMBIGUOUS, KeyFormat, LicenseSettings, new_key
from pydantic import ValidationError

FORMATS = [
    ({}, r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ({"format": "hex"}, r"[0-9A-F]{8}(-[0-9A-F]{8}){3}"),
    ({"format": "letters"}, r"[A-HJ-NP-Z]{5}(-[A-HJ-NP-Z]{5}){4}"),
    ({"format": "letters", "prefix": "PRO-"}, r"PRO-[A-HJ-NP-Z]{5}(-[A-HJ-NP-Z]{5}){4}"),
    (
        {"format": "pattern", "pattern": "ACME-####-####-####"},
        rf"ACME(-[{UNAMBIGUOUS}]{{4}}){{3}}",
    ),
]


@pytest.mark.parametrize(("values", "look"), FORMATS)
def test_keys_look_as_the_product_asks_and_are_all_different(values, look):
    settings = LicenseSettings(**values)
    keys = {new_key(settings) for _ in range(500)}
    assert len(keys) == 500
    assert all(re.fullmatch(look, key) for key in keys)


def test_a_pattern_has_no_characters_that_look_alike():
    settings = LicenseSettings(format=KeyFormat.PATTERN, pattern="#" * 80)
    used = set("".join(new_key(settings) for _ in range(100)))
    assert used == set(UNAMBIGUOUS)
    assert not used & set("01IO")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"format": "pattern", "pattern": "ACME-####-####"}, "can be guessed"),
        ({"format": "pattern", "pattern": "#" * 11}, "can be guessed"),
        ({"format": "pattern", "pattern": ""}, "The pattern takes"),
        ({"format": "pattern", "pattern": "#### " * 4}, "The pattern takes"),
        ({"pattern": "#" * 20}, "Leave it empty"),
        ({"prefix": "a b"}, "The prefix takes"),
        ({"expires_after_days": 0}, "greater than or equal to 1"),
        ({"format": "guid"}, "Input should be"),
        ({"colour": "red"}, "not permitted"),
    ],
)
def test_settings_that_do_not_work_are_refused_in_words(values, words):
    with pytest.raises(ValidationError, match=words):
        LicenseSettings(**values)


@pytest.mark.plugins(plugin)
class TestInAStore:
    async def issue(self, rt, settings, **changes):
        store = await factories.make_store(rt)
        product = await factories.make_product(rt, store)
        customer = await factories.make_customer(rt, store)
        grant = factories.make_grant(store, customer, product, settings, "licenses", **changes)
        return await rt.hooks.owner(store, "licenses", LicenseHooks.issue_license, grant)

    async def test_a_key_never_expires_unless_the_product_says_so(self, runtime):
        assert (await self.issue(runtime, LicenseSettings())).expires_at is None
        issued = await self.issue(runtime, LicenseSettings(expires_after_days=30))
        assert issued.expires_at == runtime.clock.now() + timedelta(days=30)

    async def test_a_key_in_place_of_another_keeps_its_end(self, runtime):
        end = datetime(2027, 1, 1, tzinfo=UTC)
        store = await factories.make_store(runtime)
        product = await factories.make_product(runtime, store)
        customer = await factories.make_customer(runtime, store)
        old = factories.make_grant(store, customer, product, LicenseSettings(), "licenses").license
        settings = LicenseSettings(expires_after_days=30)
        issued = await self.issue(
            runtime, settings, replaces=dataclasses.replace(old, expires_at=end)
        )
        assert issued.expires_at == end

    async def test_a_product_with_a_weak_pattern_is_not_made(self, runtime):
        store = await factories.make_store(runtime)
        weak = {"format": "pattern", "pattern": "A-####"}
        with pytest.raises(InvalidSettings, match="can be guessed"):
            await factories.make_product(
                runtime, store, slug="weak", license_issuer="licenses", license_settings=weak
            )
        assert await catalog.product_by_slug(runtime, store, "weak") is None


class TestContract(LicenseHooksContract):
    plugin = plugin


class TestContractOfAPattern(LicenseHooksContract):
    plugin = plugin

    def license_settings(self):
        return LicenseSettings(format=KeyFormat.PATTERN, pattern="ACME-####-####-####")
