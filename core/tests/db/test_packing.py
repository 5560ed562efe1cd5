"""Several lists in one row."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
import sqlalchemy as sa
from portico.db import Command, Database, JSONType, Query, UTCDateTime
from portico.db.migrations import create_all
from portico.db.packing import packed


class Color(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Thing:
    id: str
    count: int
    on: bool
    color: Color | None
    data: dict[str, Any]
    at: datetime
    gone: datetime | None


@dataclass(frozen=True)
class Both:
    things: tuple[Thing, ...]
    ids: tuple[str, ...]
    none: tuple[Thing, ...]


metadata = sa.MetaData()
things = sa.Table(
    "things",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger),
    sa.Column("on", sa.Boolean),
    sa.Column(
        "color", sa.Enum(Color, native_enum=False, values_callable=lambda e: [m.value for m in e])
    ),
    sa.Column("data", JSONType),
    sa.Column("at", UTCDateTime),
    sa.Column("gone", UTCDateTime),
)
_all = sa.select(things).order_by(things.c.id.desc())
BOTH = Query(
    Both,
    sa.select(
        packed(Thing, _all).label("things"),
        packed(str, sa.select(things.c.id).order_by(things.c.id)).label("ids"),
        packed(Thing, _all.where(things.c.id == "nobody")).label("none"),
    ),
)
FIRST = Thing(
    'a "quoted", {odd} id', 2**53 + 1, True, Color.RED, {"a": [1, None, "ü"]},
    datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC), None,
)  # fmt: skip
SECOND = Thing(
    "NULL", -1, False, None, {}, datetime(1999, 12, 31, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip


async def test_packed_lists_come_back_as_they_were_written(database: Database) -> None:
    await create_all(str(database._library.url), [metadata])
    for thing in (FIRST, SECOND):
        row = {name: getattr(thing, name) for name in Thing.__annotations__}
        await database.run(Command(sa.insert(things).values(row)))
    found = await database.one(BOTH)
    assert found is not None
    assert found.things == (FIRST, SECOND)
    assert found.ids == tuple(sorted((FIRST.id, SECOND.id)))
    assert found.none == ()


def test_a_model_that_does_not_fit_the_columns_is_refused() -> None:
    with pytest.raises(TypeError, match="Thing has the fields"):
        packed(Thing, sa.select(things.c.id))
