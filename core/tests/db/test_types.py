"""Values of every type go in and come out alike on both databases."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.db import (
    NAMING_CONVENTION,
    Command,
    Database,
    EnumType,
    JSONType,
    Query,
    UTCDateTime,
    in_list,
    insert_or_ignore,
    upsert,
)
from portico.testing.schema import create_schema
from sqlalchemy import bindparam


class Color(enum.StrEnum):
    RED = "red"
    BLUE = "dark-blue"


metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
things = sa.Table(
    "things",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("short", sa.String(10)),
    sa.Column("number", sa.BigInteger),
    sa.Column("flag", sa.Boolean),
    sa.Column("at", UTCDateTime),
    sa.Column("day", sa.Date),
    sa.Column("doc", JSONType),
    sa.Column("data", sa.LargeBinary),
    sa.Column("share", sa.Float),
    sa.Column("rate", sa.Numeric(10, 2)),
    sa.Column("color", EnumType(Color)),
    sa.Column(
        "listed",
        sa.Enum(Color, native_enum=False, values_callable=lambda e: [one.value for one in e]),
    ),
    sa.Column("plain", sa.Text),
)
counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False, default=1),
    sa.Column("tags", JSONType, nullable=False, default=dict),
    sa.Column("changes", sa.Integer, nullable=False, default=0, onupdate=7),
)


@dataclass(frozen=True)
class Thing:
    plain: Color | None  # a plain text column; the field's type says what to make of it
    id: str
    short: str | None = None
    number: int | None = None
    flag: bool | None = None
    at: dt.datetime | None = None
    day: dt.date | None = None
    doc: Any = None
    data: bytes | None = None
    share: float | None = None
    rate: Decimal | None = None
    color: Color | None = None
    listed: Color | None = None
    derived: str = field(init=False, default="not a column")


class Pair(NamedTuple):
    name: str
    total: int


ADD = Command(sa.insert(things))
THINGS = Query(Thing, sa.select(things).order_by(things.c.id))
FULL = Thing(
    plain=Color.RED, id="full", short="words", number=2**40, flag=True,
    at=dt.datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=dt.UTC), day=dt.date(2026, 3, 29),
    doc={"a": [1, None, {"ü": "\U0001f600"}], "b": True}, data=b"\x00\xff", share=0.25,
    rate=Decimal("12.30"), color=Color.BLUE, listed=Color.BLUE,
)  # fmt: skip
EMPTY = Thing(plain=None, id="empty")


def values(thing: Thing) -> dict[str, Any]:
    return {column.name: getattr(thing, column.name) for column in things.c}


@pytest_asyncio.fixture
async def filled(tables_url: str) -> Any:
    await create_schema(tables_url, [metadata])
    async with Database(tables_url, pool_size=2, readers=2) as database:
        await database.run_many(ADD, [values(FULL), values(EMPTY)])
        yield database


async def test_every_type_comes_back_as_it_went_in(filled: Database) -> None:
    empty, full = await filled.all(THINGS)
    assert (full, empty) == (FULL, EMPTY)
    assert (type(full.flag), type(full.rate)) == (bool, Decimal)
    assert {type(one) for one in (full.plain, full.color, full.listed)} == {Color}
    assert full.at is not None
    assert full.at.tzinfo is dt.UTC


async def test_times_of_any_zone_are_stored_as_utc(filled: Database) -> None:
    zone = dt.timezone(dt.timedelta(hours=-7))
    await filled.run(
        ADD, **values(EMPTY) | {"id": "zoned", "at": dt.datetime(2026, 1, 1, tzinfo=zone)}
    )
    found = Query(dt.datetime, sa.select(things.c.at).where(things.c.id == "zoned"))
    at = await filled.one(found)
    assert at == dt.datetime(2026, 1, 1, 7, tzinfo=dt.UTC)
    assert at is not None
    assert at.utcoffset() == dt.timedelta(0)


async def test_a_naive_time_is_refused(filled: Database) -> None:
    with pytest.raises(ValueError, match="time zone"):
        await filled.run(ADD, **values(EMPTY) | {"id": "naive", "at": dt.datetime(2026, 1, 1)})
    with pytest.raises(TypeError, match="datetime"):
        await filled.run(ADD, **values(EMPTY) | {"id": "text", "at": "2026-01-01"})


async def test_times_compare_in_the_database(filled: Database) -> None:
    before = Query(str, sa.select(things.c.id).where(things.c.at < bindparam("moment")))
    assert FULL.at is not None
    assert await filled.all(before, moment=FULL.at) == []
    assert await filled.all(before, moment=FULL.at + dt.timedelta(microseconds=1)) == ["full"]


async def test_a_word_that_is_no_member_is_refused(filled: Database) -> None:
    with pytest.raises(ValueError, match="pink"):
        await filled.run(ADD, **values(EMPTY) | {"id": "x", "color": "pink"})


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        ("id", ["full", "nothing"]), ("number", [2**40, 1]), ("at", [FULL.at]), ("day", [FULL.day]),
        ("color", [Color.BLUE]), ("listed", [Color.BLUE, Color.RED]), ("plain", [Color.RED]),
    ],
)  # fmt: skip
async def test_a_list_is_one_parameter(filled: Database, column: str, wanted: list[Any]) -> None:
    matching = Query(str, sa.select(things.c.id).where(in_list(things.c[column], "wanted")))
    assert await filled.all(matching, wanted=wanted) == ["full"]
    assert await filled.all(matching, wanted=tuple(wanted)) == ["full"]
    assert await filled.all(matching, wanted=[]) == []
    others = Query(str, sa.select(things.c.id).where(~in_list(things.c.id, "wanted")))
    assert await filled.all(others, wanted=["full"]) == ["empty"]


async def test_a_list_of_letters_is_not_a_list(filled: Database) -> None:
    matching = Query(str, sa.select(things.c.id).where(in_list(things.c.id, "wanted")))
    with pytest.raises(TypeError, match="list"):
        await filled.all(matching, wanted="full")


def test_a_list_uses_the_columns_index_on_sqlite() -> None:
    query = Query(str, sa.select(things.c.id).where(in_list(things.c.id, "ids"), things.c.flag))
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        explained = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {query.plan('sqlite').sql}", ('["full"]',)
        ).all()
    assert "SEARCH things USING INDEX" in explained[0].detail


async def test_constant_lists_and_optional_filters_make_a_query_per_call(filled: Database) -> None:
    async def search(**filters: Any) -> list[str]:
        statement = sa.select(things.c.id).order_by(things.c.id)
        for name, value in filters.items():
            statement = statement.where(
                things.c[name].in_(value) if isinstance(value, list) else things.c[name] == value
            )
        return await filled.all(Query(str, statement))

    assert await search() == ["empty", "full"]
    assert await search(color=[Color.BLUE, Color.RED], flag=True) == ["full"]
    assert await search(number=2**40, listed=Color.RED) == []


async def test_a_query_may_change_rows_and_return_them(filled: Database) -> None:
    double = Query(
        Pair,
        sa.update(things)
        .where(things.c.id == bindparam("id"))
        .values(number=things.c.number * bindparam("by"))
        .returning(things.c.number.label("total"), things.c.id.label("name")),
    )
    assert await filled.one(double, id="full", by=2) == Pair("full", 2**41)
    assert await filled.one(double, id="nobody", by=2) is None
    remove = Query(str, sa.delete(things).returning(things.c.id))
    assert sorted(await filled.all(remove)) == ["empty", "full"]
    assert await filled.all(THINGS) == []


async def test_upserts_and_ignored_inserts(filled: Database) -> None:
    pairs = Query(
        Pair, sa.select(counters.c.name, counters.c.count.label("total")).order_by(counters.c.name)
    )
    ignore = Query(
        str,
        insert_or_ignore(counters)
        .values(name=bindparam("name"), count=bindparam("count"))
        .returning(counters.c.name),
    )
    assert await filled.one(ignore, name="a", count=1) == "a"
    assert await filled.one(ignore, name="a", count=9) is None
    put = Command(
        upsert(counters, ["name"], ["count"]).values(name=bindparam("name"), count=bindparam("n"))
    )
    assert await filled.run(put, name="a", n=5) == 1
    add = Query(
        int,
        upsert(counters, ["name"], {"count": counters.c.count + bindparam("n")})
        .values(name=bindparam("name"), count=bindparam("n"))
        .returning(counters.c.count),
    )
    assert await filled.one(add, name="a", n=10) == 15
    assert await filled.one(add, name="b", n=10) == 10
    assert await filled.all(pairs) == [Pair("a", 15), Pair("b", 10)]


async def test_defaults_of_columns_apply(filled: Database) -> None:
    add = Command(sa.insert(counters).values(name=bindparam("name")))
    await filled.run(add, name="a")
    count = Query(int, sa.select(counters.c.count))
    changes = Query(int, sa.select(counters.c.changes))
    tags = Query(dict[str, Any], sa.select(counters.c.tags))
    assert await filled.one(count) == 1
    assert (await filled.one(changes), await filled.one(tags)) == (0, {})
    await filled.run(Command(sa.update(counters).values(count=3)))
    assert (await filled.one(count), await filled.one(changes)) == (3, 7)


async def test_rows_affected(filled: Database) -> None:
    change = Command(sa.update(things).where(in_list(things.c.id, "ids")).values(short="x"))
    assert await filled.run(change, ids=["full", "empty", "nobody"]) == 2
    assert await filled.run(change, ids=[]) == 0


async def test_a_missing_or_unknown_parameter_is_named(filled: Database) -> None:
    by_id = Query(str, sa.select(things.c.id).where(things.c.id == bindparam("id")))
    with pytest.raises(TypeError, match="missing parameter 'id'"):
        await filled.all(by_id)
    with pytest.raises(TypeError, match="unknown parameter 'ident'"):
        await filled.all(by_id, id="a", ident="b")
    with pytest.raises(TypeError, match="missing parameter 'at'"):
        await filled.run(ADD, **{k: v for k, v in values(FULL).items() if k != "at"})
    with pytest.raises(TypeError, match="use in_list"):
        await filled.all(Query(str, sa.select(things.c.id).where(things.c.id.in_(bindparam("i")))))


async def test_columns_must_match_the_model(filled: Database) -> None:
    with pytest.raises(TypeError, match=r"'name', 'total', but the statement gives 'id', 'number'"):
        await filled.all(Query(Pair, sa.select(things.c.id, things.c.number)))
    with pytest.raises(TypeError, match="Command"):
        await filled.all(Query(Pair, sa.delete(things)))
