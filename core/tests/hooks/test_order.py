"""The order in which plugins are asked and shown: by weight and name, or as the store has it."""

from dataclasses import dataclass

import pytest
from portico.hooks.order import SETTING, as_shown, moved
from portico.hooks.portal import PortalHooks
from portico.stores import service as stores
from portico.testing.factories import make_customer, make_store

from .plugins import menus


@pytest.fixture
def portico_plugins():
    return menus("alpha", "beta", "gamma")


async def test_each_asks_in_the_order_of_the_store(runtime):
    store = await make_store(runtime)
    customer = await make_customer(runtime, store)

    async def asked(shop):
        replies = await runtime.hooks.each(shop, PortalHooks.portal_navigation, customer)
        return [one.plugin for one in replies]

    assert await asked(store) == ["alpha", "beta", "gamma"]
    # One that was uninstalled, and one that came later and is not named.
    order = {SETTING: ["gone", "gamma", "alpha"]}
    changed = await stores.change_settings(runtime, store.id, by="test", **order)
    assert await asked(changed) == ["gamma", "alpha", "beta"]
    other = await make_store(runtime)
    assert await asked(other) == ["alpha", "beta", "gamma"]


@dataclass(frozen=True)
class Entry:
    label: str
    weight: int


@dataclass(frozen=True)
class Answer:
    plugin: str
    value: list[Entry]


async def test_the_stores_order_goes_before_weights_which_go_on_inside_a_plugin(runtime):
    store = await make_store(runtime)
    answers = [Answer("alpha", [Entry("a9", 9), Entry("a1", 1)]), Answer("beta", [Entry("b5", 5)])]

    def labels(shop):
        return [item.label for item, _ in as_shown(shop, answers)]

    assert labels(store) == labels(None) == ["a1", "b5", "a9"]
    order = moved(store, ["alpha", "beta"], "beta", -1)
    changed = await stores.change_settings(runtime, store.id, by="test", **{SETTING: order})
    assert labels(changed) == ["b5", "a1", "a9"]
    assert moved(changed, ["alpha", "beta"], "beta", -1) == ["beta", "alpha"]  # the first already
    with pytest.raises(LookupError):
        moved(changed, ["alpha", "beta"], "gone", 1)
