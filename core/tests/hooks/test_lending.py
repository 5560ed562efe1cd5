"""What core lends: a plugin's own tables, its own records, and nothing of others."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from portico.api import (
    Command,
    Context,
    LifecycleHooks,
    Plugin,
    PluginSettings,
    PluginTables,
    Query,
    hookimpl,
)
from portico.assembly import missing
from portico.customers.tables import customers
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.testing.factories import make_customer, make_paid_order, make_product, make_store

metadata = sa.MetaData()
notes = sa.Table("notes_words", metadata, sa.Column("word", sa.Text, primary_key=True))
_word = sa.bindparam("word", type_=sa.Text)
ADD = Command(sa.insert(notes).values(word=_word))
ALL = Query(str, sa.select(notes.c.word).order_by(notes.c.word))


class Notes(Plugin, LifecycleHooks):
    name, title = "notes", "Notes"

    @hookimpl
    def tables(self) -> PluginTables:
        return PluginTables(metadata, Path("nowhere"))


class Other(Plugin):
    name, title = "other", "Other"


pytestmark = pytest.mark.plugins(Notes(), Other())


async def context(rt: Runtime, store: Store, plugin: str = "notes") -> Context:
    await rt.hooks.activations.of(store)
    return rt.hooks.context(store, plugin)


async def test_a_plugin_works_with_its_own_tables(runtime: Runtime) -> None:
    ctx = await context(runtime, await make_store(runtime))
    assert await ctx.db.run(ADD, word="one") == 1
    with pytest.raises(RuntimeError, match="changed my mind"):
        async with ctx.db.transaction():
            await ctx.db.run(ADD, word="two")
            raise RuntimeError("changed my mind")
    assert await ctx.db.all(ALL) == ["one"]
    assert await ctx.db.one(ALL) == "one"


@pytest.mark.parametrize(
    "statement",
    [
        sa.select(customers.c.email),
        sa.select(notes.c.word).where(notes.c.word.in_(sa.select(customers.c.email))),
        sa.select(notes.c.word, customers.c.email).join(customers, sa.true()),
        sa.select(sa.func.count()).select_from(customers),
        sa.select(sa.literal_column("email")).select_from(sa.table("customers")),
        sa.select(sa.text("email FROM customers")),
        sa.select(sa.literal_column("(SELECT max(email) FROM customers)")),
        sa.select(sa.select(customers.c.email).cte("mine").c.email),
        sa.insert(notes).from_select(["word"], sa.select(customers.c.email)).returning(notes),
        sa.update(customers).values(name="x").returning(customers.c.id),
        sa.delete(customers).returning(customers.c.id),
    ],
    ids=lambda statement: str(statement).replace("\n", "")[:50],
)
async def test_other_tables_are_out_of_reach(runtime: Runtime, statement: sa.ClauseElement) -> None:
    ctx = await context(runtime, await make_store(runtime))
    for call in (ctx.db.all, ctx.db.one):
        with pytest.raises(PermissionError, match="plugin 'notes' may use the tables"):
            await call(Query(str, statement))
    with pytest.raises(PermissionError):
        await ctx.db.run(Command(statement))


async def test_a_plugin_without_tables_has_none_of_another(runtime: Runtime) -> None:
    ctx = await context(runtime, await make_store(runtime), "other")
    with pytest.raises(PermissionError):
        await ctx.db.all(ALL)


async def test_records_are_those_of_the_store(runtime: Runtime) -> None:
    one, other = await make_store(runtime), await make_store(runtime)
    customer = await make_customer(runtime, one)
    product = await make_product(runtime, one)
    order = await make_paid_order(runtime, one, customer, product, provider="notes")
    here, there = await context(runtime, one), await context(runtime, other)
    assert await here.orders.count(customer) == 1
    assert await there.orders.count(customer) == 0
    assert (await here.orders.get(order.id)) is not None
    assert (await there.orders.get(order.id)) is None
    assert len(await here.orders.items(order.id)) == 1
    assert (await here.customers.by_email(customer.email.upper())) == customer
    assert (await there.customers.by_email(customer.email)) is None
    assert (await here.catalog.product(product.id)) == product
    assert (await there.catalog.product(product.id)) is None


async def test_each_plugin_has_its_own_names_for_a_customer(runtime: Runtime) -> None:
    store = await make_store(runtime)
    customer = await make_customer(runtime, store)
    mine, its = await context(runtime, store), await context(runtime, store, "other")
    for ref in ("cus_1", "cus_2", "cus_1"):
        await mine.customers.link(customer.id, ref)
    assert await mine.customers.refs(customer.id) == ["cus_1", "cus_2"]
    assert await its.customers.refs(customer.id) == []


async def test_settings_of_another_model_are_refused(runtime: Runtime) -> None:
    class Foreign(PluginSettings):
        word: str = ""

    ctx = await context(runtime, await make_store(runtime))
    with pytest.raises(TypeError, match="asked for Foreign"):
        ctx.settings(Foreign)
    with pytest.raises(LookupError, match="declares no job 'sweep'"):
        await ctx.events.enqueue("sweep", {})


async def test_links_are_built_from_the_base_url(runtime: Runtime) -> None:
    ctx = await context(runtime, await make_store(runtime, "shop"))
    base = runtime.settings.base_url
    assert ctx.urls.portal("licenses") == f"{base}/p/shop/licenses"
    assert ctx.urls.plugin("shop/pay") == f"{base}/x/notes/shop/pay"
    assert ctx.urls.webhook() == f"{base}/hooks/notes/shop"


async def test_core_alone_starts_and_says_what_is_missing(runtime: Runtime) -> None:
    lines = list(missing(runtime))
    for hook in ("begin_sign_in", "start_checkout", "store_file", "send_email"):
        assert sum(hook in line for line in lines) == 1
