"""Keys made of words."""

import re

import pytest
import pytest_asyncio
from portico.activation import service as activation
from portico.api import InvalidSettings, LicenseHooks, Refused
from portico.stores import service as stores
from portico.testing import factories
from portico.testing.contracts.licenses import LicenseHooksContract
from portico_license_words import WORDS, ProductSettings, plugin
from pydantic import ValidationError

pytestmark = pytest.mark.plugins(plugin)
SECRET = "correct horse battery staple, twice over"


@pytest_asyncio.fixture
async def store(runtime):
    return await factories.make_store(runtime)


@pytest_asyncio.fixture
async def ready(runtime, store):
    """The store with the plugin's secret set."""
    await activation.save_settings(runtime, store, "license_words", {"secret": SECRET}, by="cli")
    return await stores.by_id(runtime, store.id)


async def make_grant(runtime, store, **changes):
    product = await factories.make_product(runtime, store)
    customer = await factories.make_customer(runtime, store)
    return factories.make_grant(
        store, customer, product, ProductSettings(), "license_words", **changes
    )


async def issue(runtime, store, grant):
    issued = await runtime.hooks.owner(store, "license_words", LicenseHooks.issue_license, grant)
    return issued.key


def test_the_words_are_256_different_ones():
    assert len(set(WORDS)) == len(WORDS) == 256
    assert all(re.fullmatch("[a-z]{3,8}", word) for word in WORDS)


async def test_a_grant_has_one_key_however_often_it_is_asked_for(runtime, ready):
    grant = await make_grant(runtime, ready)
    key = await issue(runtime, ready, grant)
    assert await issue(runtime, ready, grant) == key
    words = key.split("-")
    assert len(words) == 8
    assert set(words) <= set(WORDS)


async def test_other_grants_attempts_and_secrets_have_other_keys(runtime, ready):
    grant = await make_grant(runtime, ready)
    again = factories.make_grant(
        ready, grant.customer, grant.product, grant.settings, "license_words",
        license=grant.license, attempt=2,
    )  # fmt: skip
    other = await make_grant(runtime, ready)
    keys = {await issue(runtime, ready, one) for one in (grant, again, other)}
    await activation.save_settings(
        runtime, ready, "license_words", {"secret": SECRET[::-1]}, by="cli"
    )
    changed = await stores.by_id(runtime, ready.id)
    assert await issue(runtime, changed, grant) not in keys
    assert len(keys) == 3


async def test_without_a_secret_no_key_is_issued(runtime, store):
    grant = await make_grant(runtime, store)
    with pytest.raises(Refused, match="not set up"):
        await issue(runtime, store, grant)


async def test_a_short_secret_is_refused(runtime, store):
    with pytest.raises(InvalidSettings, match="32 characters"):
        await activation.save_settings(
            runtime, store, "license_words", {"secret": "hunter2"}, by="cli"
        )


def test_keys_of_few_words_can_be_guessed_and_are_refused():
    with pytest.raises(ValidationError, match="greater than or equal to 8"):
        ProductSettings(words=7)


class TestContract(LicenseHooksContract):
    plugin = plugin
    settings = {"secret": SECRET}  # noqa: RUF012 - the contract's own way
