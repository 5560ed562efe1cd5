"""A plugin's settings: checked, kept, and their secrets encrypted."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from portico.activation import secrets
from portico.activation import service as activation
from portico.activation.cache import ActivationCache
from portico.activation.tables import plugin_secrets, store_plugins
from portico.api import InvalidSettings, Refused
from portico.clock import FixedClock
from portico.db import Command, Query
from portico.events.tables import audit_log
from portico.keys import Keys
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.testing.factories import make_store
from pydantic import SecretStr

from .plugins import Everything, EverythingSettings

pytestmark = pytest.mark.plugins(Everything())
OLD, NEW = "o" * 32, "n" * 32


@pytest.fixture
def portico_settings() -> dict[str, Any]:
    return {"secret_keys": (SecretStr(OLD),)}


async def saved(rt: Runtime, store: Store) -> EverythingSettings:
    found = await activation.plugin_settings(rt, store, "everything")
    assert isinstance(found, EverythingSettings)
    return found


async def save(rt: Runtime, store: Store, **values: Any) -> None:
    await activation.save_settings(rt, store, "everything", values, by="cli")


async def raw(rt: Runtime, column: sa.ColumnElement[Any]) -> str:
    found = await rt.db.all(Query(str, sa.select(sa.cast(column, sa.Text))))
    return "\n".join(one for one in found if one)


async def test_defaults_hold_until_something_is_saved(runtime: Runtime) -> None:
    store = await make_store(runtime)
    assert await saved(runtime, store) == EverythingSettings()
    await save(runtime, store, host="mail.example.com")
    assert await saved(runtime, store) == EverythingSettings(host="mail.example.com")
    await save(runtime, store, port=587)
    assert await saved(runtime, store) == EverythingSettings(host="mail.example.com", port=587)
    assert await saved(runtime, await make_store(runtime)) == EverythingSettings()


async def test_two_sellers_who_save_different_fields_keep_both(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await make_store(runtime)
    validate, faster = runtime.hooks.validate_settings, [{"port": 587}]

    async def while_another_saves(*args: Any) -> None:
        if faster:
            await save(runtime, store, **faster.pop())
        await validate(*args)

    monkeypatch.setattr(runtime.hooks, "validate_settings", while_another_saves)
    await save(runtime, store, host="mail.example.com")
    assert await saved(runtime, store) == EverythingSettings(host="mail.example.com", port=587)


async def test_secrets_are_encrypted_and_nowhere_else(runtime: Runtime) -> None:
    store = await make_store(runtime)
    await save(runtime, store, host="mail.example.com", password="hunter2", token="t0ken")
    found = await saved(runtime, store)
    assert found.password.get_secret_value() == "hunter2"
    assert found.token is not None
    assert found.token.get_secret_value() == "t0ken"
    for column in (store_plugins.c.settings, store_plugins.c.secrets, audit_log.c.data):
        text = await raw(runtime, column)
        assert text
        assert "hunter2" not in text
        assert "t0ken" not in text
    assert "password" in await raw(runtime, audit_log.c.data)


async def test_an_empty_secret_stays_and_none_clears_it(runtime: Runtime) -> None:
    store = await make_store(runtime)
    await save(runtime, store, password="hunter2", token="t0ken")
    await save(runtime, store, host="mail.example.com", password="", token="")
    assert (await saved(runtime, store)).password.get_secret_value() == "hunter2"
    await save(runtime, store, password=None, token=None)
    assert (await saved(runtime, store)).password.get_secret_value() == ""
    assert (await saved(runtime, store)).token is None


@pytest.mark.parametrize(
    ("values", "field"),
    [({"port": 0}, "port"), ({"port": "many"}, "port"), ({"hots": "x"}, "hots"),
     ({"host": "nowhere"}, "host")],
)  # fmt: skip
async def test_wrong_settings_are_named_and_not_saved(
    runtime: Runtime, values: dict[str, Any], field: str
) -> None:
    store = await make_store(runtime)
    with pytest.raises(InvalidSettings) as refused:
        await save(runtime, store, **values)
    assert list(refused.value.errors) == [field]
    assert await saved(runtime, store) == EverythingSettings()


async def test_settings_of_nothing_are_refused(runtime: Runtime) -> None:
    store = await make_store(runtime)
    with pytest.raises(Refused, match="not installed"):
        await activation.save_settings(runtime, store, "nothing", {}, by="cli")
    with pytest.raises(LookupError):
        await activation.plugin_settings(runtime, store, "nothing")


async def test_settings_survive_being_switched_off(runtime: Runtime) -> None:
    store = await make_store(runtime)
    await save(runtime, store, host="mail.example.com", password="hunter2")
    await activation.disable(runtime, store, "everything", by="cli")
    await save(runtime, store, port=587)
    assert await activation.enabled(runtime, store) == frozenset()
    await activation.enable(runtime, store, "everything", by="cli")
    found = await saved(runtime, store)
    assert (found.host, found.port) == ("mail.example.com", 587)
    assert found.password.get_secret_value() == "hunter2"


async def test_what_an_older_version_saved_is_kept_as_far_as_it_fits(runtime: Runtime) -> None:
    store = await make_store(runtime)
    await save(runtime, store, host="mail.example.com", password="hunter2")
    older = {"host": "mail.example.com", "port": -1, "gone": True}
    await runtime.db.run(Command(sa.update(store_plugins).values(settings=older)))
    await runtime.hooks.activations.reload(store.id)
    found = await saved(runtime, store)
    assert (found.host, found.port) == ("mail.example.com", 25)
    assert found.password.get_secret_value() == "hunter2"


async def test_the_keys_can_be_changed(runtime: Runtime) -> None:
    store = await make_store(runtime)
    await save(runtime, store, password="hunter2")
    kept = runtime.hooks.context(store, "everything").secrets
    await kept.keep("signing", "whsec_1")

    async def read_with(*keys: str) -> str:
        cache = ActivationCache(runtime.db, runtime.registry, Keys(keys))
        settings = (await cache.of(store)).settings("everything")
        assert isinstance(settings, EverythingSettings)
        return settings.password.get_secret_value()

    assert await read_with(NEW) == "", "unreadable secrets fall back to the default"
    both = dataclasses.replace(runtime, keys=Keys([NEW, OLD]))
    assert await secrets.rotate(both) == 2
    assert await read_with(NEW) == "hunter2"
    assert await read_with(OLD) == ""
    new = dataclasses.replace(runtime, keys=Keys([NEW]))
    assert await secrets.kept(new, store.id, "everything", "signing") == "whsec_1"


async def test_what_a_plugin_keeps_secret_is_its_own_and_ends_when_it_says(
    runtime: Runtime, clock: FixedClock
) -> None:
    store, other = await make_store(runtime), await make_store(runtime)
    await activation.plugin_settings(runtime, store, "everything")
    kept = runtime.hooks.context(store, "everything").secrets
    await kept.keep("old", "whsec_old", until=clock.now() + timedelta(hours=24))
    await kept.keep("new", "whsec_1")
    await kept.keep("new", "whsec_2")
    assert (await kept.get("old"), await kept.get("new")) == ("whsec_old", "whsec_2")
    tokens = await runtime.db.all(Query(str, sa.select(plugin_secrets.c.token)))
    assert len(tokens) == 2 and not any("whsec" in one for one in tokens)
    assert await secrets.kept(runtime, other.id, "everything", "new") is None
    assert await secrets.kept(runtime, store.id, "another", "new") is None
    clock.advance(timedelta(hours=25))
    await kept.forget("new")
    assert (await kept.get("old"), await kept.get("new")) == (None, None)
