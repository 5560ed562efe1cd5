"""Column types that mean the same on PostgreSQL and SQLite."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

__all__ = ["EnumType", "JSONType", "UTCDateTime"]


class UTCDateTime(TypeDecorator[dt.datetime]):
    """A moment. Takes aware datetimes of any zone, gives aware datetimes in UTC.

    Raises ValueError for a naive datetime: SQLAlchemy's own type would drop the offset of an
    aware one on SQLite without a word.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if not isinstance(value, dt.datetime):
            raise TypeError(f"expected a datetime, not {value!r}")
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; times must be aware")
        moment: dt.datetime = value.astimezone(dt.UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        return value.replace(tzinfo=dt.UTC) if isinstance(value, dt.datetime) else None

    @override
    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], dt.datetime | None] | None:
        if dialect.name == "postgresql":  # asyncpg gives aware UTC datetimes already
            return None
        parse: Callable[[Any], dt.datetime | None] | None = super().result_processor(
            dialect, coltype
        )
        return parse


class JSONType(TypeDecorator[Any]):
    """dict, list, str, number, bool or None; JSONB on PostgreSQL, text on SQLite.

    None is stored as SQL NULL. Changing the value in place changes nothing in the database.
    """

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.JSONB(none_as_null=True))
        return dialect.type_descriptor(sa.JSON(none_as_null=True))


class EnumType(TypeDecorator[enum.StrEnum]):
    """A StrEnum, stored as its value in a plain text column: adding a member needs no migration.

    Raises ValueError for a value that is no member, when writing as when reading.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(self, enum_class: type[enum.StrEnum]) -> None:
        super().__init__()
        self.enum_class = enum_class

    @override
    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self.enum_class(value).value

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> enum.StrEnum | None:
        return None if value is None else self.enum_class(value)
