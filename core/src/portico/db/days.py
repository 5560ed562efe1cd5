"""The day on which something happened somewhere, as both databases can group by it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["day_at"]


class _DayAt(FunctionElement[Any]):
    type = sa.Date()
    inherit_cache = True
    name = "day_at"


@compiles(_DayAt, "postgresql")
def _day_at_postgresql(element: _DayAt, compiler: SQLCompiler, **kw: Any) -> str:
    moment, seconds = (compiler.process(one, **kw) for one in element.clauses)
    return f"CAST(timezone('UTC', {moment}) + make_interval(secs => {seconds}) AS DATE)"


@compiles(_DayAt, "sqlite")
def _day_at_sqlite(element: _DayAt, compiler: SQLCompiler, **kw: Any) -> str:
    moment, seconds = (compiler.process(one, **kw) for one in element.clauses)
    return f"date({moment}, {seconds} || ' seconds')"


def day_at(column: sa.ColumnElement[Any], offset: str) -> sa.ColumnElement[Any]:
    """The date of a moment where clocks are `offset` (a parameter, in seconds) ahead of UTC."""
    return _DayAt(column, sa.bindparam(offset, type_=sa.Integer))
