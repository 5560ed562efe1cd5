"""Several lists in one row: a page's data in one round trip.

`packed(Order, select)` is a column whose value is a tuple of `Order`, so a statement of several
packed columns loads what otherwise takes a statement each. The rows travel as a text array on
PostgreSQL (the cheapest form to make and to read, ahead of JSON and of records) and as JSON on
SQLite, and each value is converted by its column's type.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

from portico.db.making import Reader, row_maker
from portico.db.plan import _enum_class, _fields
from portico.db.types import EnumType, JSONType, UTCDateTime

__all__ = ["packed"]

T = TypeVar("T")


class _Row(FunctionElement[Any]):
    """One row's columns as one value."""

    inherit_cache = True
    name = "packed_row"


class _Rows(FunctionElement[Any]):
    """All rows' values as one."""

    inherit_cache = True
    name = "packed_rows"


@compiles(_Row, "postgresql")
def _row_postgresql(element: _Row, compiler: SQLCompiler, **kw: Any) -> str:
    return "ARRAY[" + ", ".join(_text(one, compiler, kw) for one in element.clauses) + "]"


def _text(column: sa.ColumnElement[Any], compiler: SQLCompiler, kw: dict[str, Any]) -> str:
    sql = compiler.process(column, **kw)
    return f"CAST({sql} AS TEXT)"


@compiles(_Row, "sqlite")
def _row_sqlite(element: _Row, compiler: SQLCompiler, **kw: Any) -> str:
    values = (
        f"json({compiler.process(one, **kw)})"
        if isinstance(one.type, JSONType)
        else compiler.process(one, **kw)
        for one in element.clauses
    )
    return f"json_array({', '.join(values)})"


@compiles(_Rows, "postgresql")
def _rows_postgresql(element: _Rows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"array_agg({compiler.process(element.clauses, **kw)})"


@compiles(_Rows, "sqlite")
def _rows_sqlite(element: _Rows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_group_array(json({compiler.process(element.clauses, **kw)}))"


def packed(model: Callable[..., T], select: sa.Select[Any]) -> sa.ScalarSelect[Any]:
    """The rows of `select` as one value: a tuple of `model`, in the order of the select.

    `model` and the columns go together as in `Query`. Raises TypeError where their names differ.
    """
    columns = list(select.selected_columns)
    fields = _fields(model)
    if fields is not None:
        by_name = {column.key: column for column in columns}
        if by_name.keys() != fields.keys():
            raise TypeError(
                f"{model.__name__} has the fields {sorted(fields)}, "
                f"but the statement gives {sorted(map(str, by_name))}"
            )
        columns = [by_name[name] for name in fields]
    hints = list(fields.values()) if fields is not None else [model]
    rows = select.with_only_columns(
        _Row(*columns).label("packed"), maintain_column_froms=True
    ).subquery()
    collected = sa.type_coerce(
        _Rows(rows.c.packed),
        _PackedType(model, [c.type for c in columns], hints, fields is None),
    )
    return sa.select(collected).scalar_subquery()


class _PackedType(TypeDecorator[Any]):
    """Unpacks what `packed` made."""

    impl = sa.Text
    cache_ok = False  # statements are compiled once anyway

    def __init__(
        self,
        model: Callable[..., Any] = str,
        types: list[TypeEngine[Any]] | None = None,
        hints: list[Any] | None = None,
        scalar: bool = True,
    ) -> None:
        super().__init__()
        self.model, self.types, self.hints, self.scalar = model, types or [], hints or [], scalar

    @override
    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        postgresql = dialect.name == "postgresql"
        readers = [
            _reader(kind, hint, postgresql)
            for kind, hint in zip(self.types, self.hints, strict=True)
        ]
        build = row_maker(_itself if self.scalar else self.model, readers)

        def unpack(value: Any) -> tuple[Any, ...]:
            if not value:
                return ()
            rows = value if postgresql else json.loads(value)
            return tuple([build(row) for row in rows])

        return unpack


def _itself(value: Any) -> Any:
    return value


def _reader(kind: TypeEngine[Any], hint: Any, postgresql: bool) -> Reader | None:
    """How a cell's text (PostgreSQL) or JSON value (SQLite) becomes the column's value."""
    wanted = _enum_class(hint)
    if isinstance(kind, (sa.Enum, EnumType)):
        wanted = kind.enum_class or wanted
    if wanted is not None:
        return {str(one.value): one for one in wanted}.__getitem__
    if isinstance(kind, UTCDateTime):
        # PostgreSQL writes the offset of the session's time zone, which is UTC.
        return dt.datetime.fromisoformat if postgresql else _moment
    if isinstance(kind, JSONType):
        return _json if postgresql else None
    if isinstance(kind, sa.Boolean):
        return "true".__eq__ if postgresql else bool
    if isinstance(kind, sa.Integer):
        return int if postgresql else None
    if isinstance(kind, sa.String):
        return None
    raise TypeError(f"cannot pack a column of the type {kind!r}")


def _json(text: str) -> Any:
    return {} if text == "{}" else json.loads(text)


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text + "+00:00")
