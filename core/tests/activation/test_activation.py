"""On, retiring, off: per store, at once, and never while something live would be orphaned."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from portico.activation import service as activation
from portico.activation.cache import ActivationCache
from portico.activation.models import Activation
from portico.activation.service import StillNeeded
from portico.api import CheckoutHooks, Customer, PortalHooks, Refused
from portico.catalog.models import Interval
from portico.catalog.tables import file_versions, files
from portico.db import Command, Query
from portico.events import service as events
from portico.events.tables import audit_log
from portico.hooks.dispatch import PluginOff
from portico.ids import new_id
from portico.licenses.tables import licenses
from portico.orders.models import PaymentState
from portico.orders.tables import payments
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Store
from portico.subscriptions.models import SubscriptionStatus
from portico.subscriptions.tables import payment_methods, subscriptions
from portico.testing import factories

from .plugins import Always, Everything

pytestmark = pytest.mark.plugins(Everything(), Always())
NAVIGATION = PortalHooks.portal_navigation


async def fresh(rt: Runtime, store: Store) -> Store:
    found = await stores.by_id(rt, store.id)
    assert found is not None
    return found


async def menu(rt: Runtime, store: Store, customer: Customer) -> list[str]:
    return [reply.plugin for reply in await rt.hooks.each(store, NAVIGATION, customer)]


async def test_each_state_answers_what_it_should(runtime: Runtime) -> None:
    store = await factories.make_store(runtime)
    customer = await factories.make_customer(runtime, store)

    async def owner() -> bool:
        try:
            await runtime.hooks.owner(store, "everything", NAVIGATION, customer)
        except PluginOff:
            return False
        return True

    assert (await menu(runtime, store, customer), await owner()) == (["always", "everything"], True)
    await activation.retire(runtime, store, "everything", by="cli")
    assert await activation.state(runtime, store, "everything") is Activation.RETIRING
    assert (await menu(runtime, store, customer), await owner()) == (["always"], True)
    assert "everything" in await activation.enabled(runtime, store, retiring=True)
    assert "everything" not in await activation.enabled(runtime, store)
    await activation.disable(runtime, store, "everything", by="cli")
    assert (await menu(runtime, store, customer), await owner()) == (["always"], False)
    await activation.enable(runtime, store, "everything", by="cli")
    assert (await menu(runtime, store, customer), await owner()) == (["always", "everything"], True)


async def test_one_stores_switch_is_not_anothers(runtime: Runtime) -> None:
    one, other = await factories.make_store(runtime), await factories.make_store(runtime)
    await activation.disable(runtime, one, "everything", by="cli")
    assert await activation.state(runtime, one, "everything") is Activation.OFF
    assert await activation.state(runtime, other, "everything") is Activation.ON


async def test_another_node_learns_of_it_by_the_stores_version(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await factories.make_store(runtime)
    other_node = ActivationCache(runtime.db, runtime.registry, runtime.keys)
    assert "everything" in (await other_node.of(store)).on
    await activation.disable(runtime, store, "everything", by="cli")
    changed = await fresh(runtime, store)
    assert changed.plugins_version > store.plugins_version
    assert "everything" not in (await other_node.of(changed)).on

    async def fail(*_: object, **__: object) -> None:
        raise AssertionError("asked the database for what is known")

    monkeypatch.setattr(runtime.db, "all", fail)
    assert "everything" not in (await other_node.of(changed)).on


async def test_a_change_that_is_rolled_back_is_forgotten(runtime: Runtime) -> None:
    store = await factories.make_store(runtime)
    with pytest.raises(RuntimeError, match="changed my mind"):
        async with runtime.db.transaction():
            await activation.disable(runtime, store, "everything", by="cli")
            raise RuntimeError("changed my mind")
    assert await activation.state(runtime, store, "everything") is Activation.ON
    assert (await fresh(runtime, store)).plugins_version == store.plugins_version


async def test_a_switch_is_in_the_audit_log(runtime: Runtime) -> None:
    store = await factories.make_store(runtime)
    await activation.retire(runtime, store, "everything", by="seller:sel_1")
    actions = sa.select(audit_log.c.action).where(audit_log.c.actor_id == "sel_1")
    assert await runtime.db.all(Query(str, actions)) == ["plugin.retiring"]


async def test_what_cannot_be_switched_says_so(runtime: Runtime) -> None:
    store = await factories.make_store(runtime)
    with pytest.raises(Refused, match="is not installed"):
        await activation.enable(runtime, store, "nothing", by="cli")
    for switch in (activation.enable, activation.retire, activation.disable):
        with pytest.raises(Refused, match="is on everywhere"):
            await switch(runtime, store, "always", by="cli")
    assert await activation.state(runtime, store, "nothing") is Activation.OFF


Make = Callable[[Runtime, Store, Customer], Any]


async def insert(rt: Runtime, table: sa.Table, record: Any, **changes: Any) -> None:
    row = factories._row(record) | changes
    await rt.db.run(Command(sa.insert(table).values(row)))


async def a_subscription(rt: Runtime, store: Store, customer: Customer, **changes: Any) -> None:
    product = await factories.make_product(rt, store)
    price = await factories.make_price(rt, store, product, Interval.MONTH)
    made = factories.make_subscription(store, customer, price, product, "everything", **changes)
    await insert(rt, subscriptions, made)


async def an_ended_subscription(rt: Runtime, store: Store, customer: Customer) -> None:
    await a_subscription(rt, store, customer, status=SubscriptionStatus.CANCELED)


async def a_payment(rt: Runtime, store: Store, customer: Customer, **changes: Any) -> None:
    product = await factories.make_product(rt, store)
    order = await factories.make_paid_order(rt, store, customer, product)
    await insert(rt, payments, factories.make_payment(order, "everything", **changes))


async def a_finished_payment(rt: Runtime, store: Store, customer: Customer) -> None:
    await a_payment(rt, store, customer, state=PaymentState.SUCCEEDED)


async def a_payment_method(rt: Runtime, store: Store, customer: Customer) -> None:
    values = {
        "store_id": store.id, "id": new_id("pm"), "customer_id": customer.id, "mode": store.mode,
        "provider": "everything", "provider_ref": "card", "type": "card", "brand": "visa",
        "last4": "4242", "is_default": True, "created_at": rt.clock.now(),
    }  # fmt: skip
    await rt.db.run(Command(sa.insert(payment_methods).values(values)))


async def a_file(rt: Runtime, store: Store, customer: Customer, state: str = "active") -> None:
    product = await factories.make_product(rt, store)
    ids = {"store_id": store.id, "created_at": rt.clock.now()}
    file = {"id": new_id("fil"), "product_id": product.id, "name": "a", "position": 1}
    version = {
        "id": new_id("ver"), "file_id": file["id"], "number": 1, "label": "", "notes": "",
        "filename": "a", "content_type": "a/b", "size": 1, "sha256": "0" * 64,
        "storage": "everything", "storage_key": "k",
    }  # fmt: skip
    await rt.db.run(Command(sa.insert(files).values(ids | file | {"state": state})))
    await rt.db.run(Command(sa.insert(file_versions).values(ids | version)))


async def a_removed_file(rt: Runtime, store: Store, customer: Customer) -> None:
    await a_file(rt, store, customer, "removed")


async def a_license(rt: Runtime, store: Store, customer: Customer) -> None:
    product = await factories.make_product(rt, store)
    grant = factories.make_grant(store, customer, product, Everything.Settings(), "everything")
    await insert(rt, licenses, grant.license)


async def a_delivery(rt: Runtime, store: Store, customer: Customer) -> None:
    await events.put(rt, "plugin_event", "event:1", {"plugin": "everything"}, store_id=store.id)


async def a_periodic_job(rt: Runtime, store: Store, customer: Customer) -> None:
    await events.put(rt, "job", "periodic:1", {"plugin": "everything"}, store_id=store.id)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (a_subscription, "subscriptions"),
        (a_payment, "pending payments"),
        (a_payment_method, "payment methods"),
        (a_file, "files"),
        (a_license, "licenses"),
        (a_delivery, "deliveries"),
    ],
)
async def test_a_plugin_that_is_needed_stays(runtime: Runtime, make: Make, what: str) -> None:
    store = await factories.make_store(runtime)
    await make(runtime, store, await factories.make_customer(runtime, store))
    assert [(one.what, one.count) for one in await dependents(runtime, store)] == [(what, 1)]
    with pytest.raises(StillNeeded, match=f"1 {what}"):
        await activation.disable(runtime, store, "everything", by="cli")
    assert await activation.state(runtime, store, "everything") is Activation.ON
    await activation.retire(runtime, store, "everything", by="cli")
    other = await factories.make_store(runtime)
    assert await dependents(runtime, other) == []


@pytest.mark.parametrize(
    "make", [an_ended_subscription, a_finished_payment, a_removed_file, a_periodic_job]
)
async def test_what_is_over_holds_nothing(runtime: Runtime, make: Make) -> None:
    store = await factories.make_store(runtime)
    await make(runtime, store, await factories.make_customer(runtime, store))
    await activation.disable(runtime, store, "everything", by="cli")
    assert await activation.state(runtime, store, "everything") is Activation.OFF


async def dependents(rt: Runtime, store: Store) -> list[activation.Dependent]:
    return await activation.dependents(rt, store, "everything")


async def test_the_sellers_choice_counts_while_it_is_on(runtime: Runtime) -> None:
    store = await factories.make_store(runtime)

    async def chosen(wanted: str | None) -> str | None:
        providers = {"providers": {"menu": wanted}} if wanted else {}
        new = await stores.update_settings(runtime, store.id, by="cli", settings=providers)
        return await activation.chosen(runtime, new, NAVIGATION, setting="menu")

    assert await chosen(None) == "always"
    assert await chosen("everything") == "everything"
    await activation.retire(runtime, store, "everything", by="cli")
    assert await chosen("everything") == "always"
    new = await fresh(runtime, store)
    hook = CheckoutHooks.start_checkout
    assert await activation.chosen(runtime, new, hook, setting="payments") is None


async def test_a_finding_is_counted_until_it_is_resolved(runtime: Runtime) -> None:
    store = await factories.make_store(runtime)
    for message in ("gone", "still gone"):
        await activation.report_finding(runtime, store, "files", "file.missing", "ver_1", message)
    (found,) = await activation.findings(runtime, store)
    assert (found.count, found.message) == (2, "still gone")
    assert await activation.resolve_finding(runtime, store, "file.missing", "ver_1")
    assert not await activation.resolve_finding(runtime, store, "file.missing", "ver_1")
    assert await activation.findings(runtime, store) == []
    await activation.report_finding(runtime, store, "files", "file.missing", "ver_1", "again")
    (found,) = await activation.findings(runtime, store)
    assert found.resolved_at is None
