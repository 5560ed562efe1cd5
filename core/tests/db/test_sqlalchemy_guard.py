"""What the database layer uses of libraries beyond their documented interface is still there.

When one of these fails after an update, look at the named module of portico.db before going on.
"""

from __future__ import annotations

import enum
import inspect
import threading

import aiosqlite
import databases
import sqlalchemy as sa
from portico.db.dialects import DIALECTS
from portico.db.plan import Plan
from portico.db.types import EnumType
from sqlalchemy.sql.compiler import SQLCompiler

table = sa.Table(
    "t",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("made", sa.Text, default=lambda: "made", onupdate=lambda: "changed"),
)


def test_plan_finds_parameters_in_order_on_both_dialects() -> None:
    statement = sa.select(table.c.id).where(
        table.c.made == sa.bindparam("b"), table.c.id == sa.bindparam("a"), table.c.id.in_([1, 2]),
        table.c.made != sa.bindparam("b"),
    )  # fmt: skip
    orders = {}
    for name, dialect in DIALECTS.items():
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        assert {compiled.bind_names[bind] for bind in compiled.post_compile_params} == {"id_1"}
        assert {n for bind, n in compiled.bind_names.items() if bind.required} == {"a", "b"}
        state = compiled.construct_expanded_state({"a": None, "b": None}, escape_names=False)
        orders[name] = state.positiontup
        assert "POSTCOMPILE" not in state.statement
        assert dict(state.processors) == {}
        assert state.parameters["id_1_2"] == 2
    # numbered parameters are used twice, question marks are not
    assert orders == {
        "postgresql": ["b", "a", "id_1_1", "id_1_2"],
        "sqlite": ["b", "a", "id_1_1", "id_1_2", "b"],
    }


def test_plan_finds_columns_with_python_defaults() -> None:
    for dialect in DIALECTS.values():
        insert = sa.insert(table).values(id=sa.bindparam("i")).compile(dialect=dialect)
        update = sa.update(table).values(id=sa.bindparam("i")).compile(dialect=dialect)
        assert isinstance(insert, SQLCompiler)
        assert isinstance(update, SQLCompiler)
        assert [column.key for column in insert.insert_prefetch] == ["made"]
        assert [column.key for column in update.update_prefetch] == ["made"]
        for default, made in ((table.c.made.default, "made"), (table.c.made.onupdate, "changed")):
            assert default is not None
            assert default.is_callable
            assert getattr(default, "arg")(None) == made  # noqa: B009 - not in its type


def test_plan_finds_the_columns_of_selects_and_returning() -> None:
    assert [one.key for one in sa.select(table).exported_columns] == ["id", "made"]
    assert [one.key for one in sa.delete(table).returning(table.c.made).exported_columns] == [
        "made"
    ]


def test_sqlite_connection_runs_work_in_a_thread_of_its_own() -> None:
    assert inspect.iscoroutinefunction(aiosqlite.Connection._execute)
    connection = aiosqlite.Connection(lambda: None, 64)  # type: ignore[arg-type,return-value]  # never opened
    assert isinstance(connection._thread, threading.Thread)
    assert not connection._thread.is_alive()


def test_the_backends_are_registered_with_the_databases_library() -> None:
    for url, name in (("postgresql://h/d", "PostgresBackend"), ("sqlite:////d", "SQLiteBackend")):
        library = databases.Database(url, pool_size=1, readers=1)
        assert type(library._backend).__name__ == name
        assert type(library._backend).__module__.startswith("portico.db.")


class Fruit(enum.StrEnum):
    APPLE = "apple"
    PEAR = "pear's"


def test_members_of_enumerations_are_in_the_text_and_nothing_else_is() -> None:
    kind = sa.Column("kind", EnumType(Fruit))
    given = sa.bindparam("given", Fruit.APPLE, type_=EnumType(Fruit))
    statement = sa.select(sa.literal("x' OR 1=1").label("text")).where(
        kind == Fruit.PEAR, kind.in_(tuple(Fruit)), kind != given, kind == sa.bindparam("asked")
    )
    plan = Plan(statement, "postgresql")
    assert "kind = 'pear''s' AND kind IN ('apple', 'pear''s')" in plan.sql
    assert "OR" not in plan.sql
    assert plan.bind({"asked": Fruit.PEAR}) == ["x' OR 1=1", "apple", "pear's"]
