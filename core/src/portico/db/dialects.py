"""The two SQLAlchemy dialects, set up for the drivers' own connections (no DBAPI in between)."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import util
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.asyncpg import PGCompiler_asyncpg, PGDialect_asyncpg
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


class _Compiler(PGCompiler_asyncpg):
    """Writes members of enumerations that a statement names into its text.

    They need not be sent each time then, and the server, which plans once for all parameters
    (portico.db.postgres), knows them: it finds the partial index that a state has.
    """

    @override
    def visit_bindparam(self, bindparam: sa.BindParameter[Any], *args: Any, **options: Any) -> str:
        if _is_constant(bindparam):
            options["literal_binds"] = True
        text: str = super().visit_bindparam(bindparam, *args, **options)  # type: ignore[no-untyped-call]  # as SQLAlchemy has it
        return text


def _is_constant(parameter: sa.BindParameter[Any]) -> bool:
    """Whether it is one of few values, all known to the code."""
    value = parameter.value
    values = value if isinstance(value, (list, tuple)) else (value,)
    return parameter.unique and bool(values) and all(isinstance(one, enum.Enum) for one in values)


class _AsyncpgDialect(PGDialect_asyncpg):
    supports_statement_cache = True
    statement_compiler = _Compiler
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
