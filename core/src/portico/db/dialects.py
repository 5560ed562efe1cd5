"""The two SQLAlchemy dialects, set up for the drivers' own connections (no DBAPI in between)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import util
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.engine.interfaces import Dialect
from typing_extensions import override

__all__ = ["DIALECTS", "DialectName"]

DialectName = Literal["postgresql", "sqlite"]


# SQLAlchemy's asyncpg types rely on codecs that its engine installs on each connection. These
# convert in SQLAlchemy instead, so that a connection needs no set-up of its own.
class _JSON(sa.JSON):
    render_bind_cast = True


class _JSONB(postgresql.JSONB):
    render_bind_cast = True


class _Numeric(sa.Numeric[Any]):
    render_bind_cast = True

    @override
    def bind_processor(self, dialect: Dialect) -> None:
        return None

    @override
    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], float | None] | None:
        if self.asdecimal:
            return None
        return lambda value: None if value is None else float(value)


class _Float(sa.Float[Any]):
    render_bind_cast = True

    @override
    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        return None


class _AsyncpgDialect(PGDialect_asyncpg):
    supports_statement_cache = True
    colspecs = util.update_copy(
        PGDialect_asyncpg.colspecs,
        {
            sa.Numeric: _Numeric,
            sa.Float: _Float,
            sa.JSON: _JSON,
            postgresql.JSON: _JSON,
            postgresql.JSONB: _JSONB,
        },
    )


def _postgresql() -> Dialect:
    dialect = _AsyncpgDialect()  # type: ignore[no-untyped-call]  # as SQLAlchemy has it
    dialect.supports_native_decimal = True
    return dialect


def _sqlite() -> Dialect:
    dialect = pysqlite.dialect(paramstyle="qmark")
    dialect.supports_native_decimal = False
    return dialect


DIALECTS: dict[DialectName, Dialect] = {"postgresql": _postgresql(), "sqlite": _sqlite()}
