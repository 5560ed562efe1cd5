"""SQL that the two databases spell differently."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

__all__ = [
    "in_list",
    "insert_or_ignore",
    "lock_rows",
    "replace_parameters",
    "starts_with",
    "upsert",
]


class _ListType(TypeDecorator[Any]):
    """A list as one parameter: an array on PostgreSQL, a JSON text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.ARRAY(self.item))
        return dialect.type_descriptor(sa.Text())

    @override
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        process = self.item.dialect_impl(dialect).bind_processor(dialect)
        encode = list if dialect.name == "postgresql" else json.dumps

        def bind(values: Iterable[Any]) -> Any:
            # Every iterable is taken but a str, whose letters would match silently.
            if isinstance(values, str):
                raise TypeError(f"expected a list of values, not the string {values!r}")
            return encode([process(one) for one in values] if process else list(values))

        return bind


class _InList(FunctionElement[bool]):
    type = sa.Boolean()
    inherit_cache = True
    name = "in_list"

    @override
    def self_group(self, against: Any = None) -> Self:
        return self  # the default renders "... = 1" on SQLite, which loses the index


@compiles(_InList, "postgresql")
def _in_list_postgresql(element: _InList, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **kw)} = ANY ({compiler.process(values, **kw)})"


@compiles(_InList, "sqlite")
def _in_list_sqlite(element: _InList, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    values_sql = compiler.process(values, **kw)
    # made of what the compiler rendered, with the list as a bound parameter
    return f"{compiler.process(column, **kw)} IN (SELECT value FROM json_each({values_sql}))"  # noqa: S608 - see above


def in_list(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """`column IN (the list given as parameter `name`)`; an empty list matches nothing.

    The statement's text does not depend on how long the list is, so it is compiled once.
    """
    return _InList(column, sa.bindparam(name, type_=_ListType(column.type)))


def replace_parameters(
    select: sa.Select[Any], expressions: Mapping[str, sa.ColumnElement[Any]]
) -> sa.Select[Any]:
    """The same statement, computing these parameters (by name) instead of being given them."""

    def replaced(element: object, **_: object) -> sa.ColumnElement[Any] | None:
        return expressions.get(element.key) if isinstance(element, sa.BindParameter) else None

    return cast("sa.Select[Any]", visitors.replacement_traverse(select, {}, replaced))


class _StartsWith(FunctionElement[bool]):
    type = sa.Boolean()
    inherit_cache = True
    name = "starts_with"

    @override
    def self_group(self, against: Any = None) -> Self:
        return self


# As a range and not as LIKE, whose plan would depend on the parameter's value. On PostgreSQL by
# the bytes (~>=~), since a language's order does not keep equal beginnings together.
@compiles(_StartsWith, "postgresql")
def _starts_with_postgresql(element: _StartsWith, compiler: SQLCompiler, **kw: Any) -> str:
    column, start = (compiler.process(one, **kw) for one in element.clauses)
    return f"({column} ~>=~ {start} AND {column} ~<~ ({start} || chr(1114111)))"


@compiles(_StartsWith, "sqlite")
def _starts_with_sqlite(element: _StartsWith, compiler: SQLCompiler, **kw: Any) -> str:
    column, value = element.clauses
    parts = [compiler.process(one, **kw) for one in (column, value, column, value)]
    return "({} >= {} AND {} < ({} || char(1114111)))".format(*parts)


def starts_with(
    column: sa.ColumnElement[str], start: str | sa.ColumnElement[str]
) -> sa.ColumnElement[bool]:
    """`column` begins with `start`, an expression or the name of a parameter; upper and lower
    case differ.

    On PostgreSQL an index of the column finds it if it has the class `text_pattern_ops`.
    """
    value = sa.bindparam(start, type_=sa.Text) if isinstance(start, str) else start
    return _StartsWith(column, value)


def lock_rows(
    select: sa.Select[Any], *, skip_locked: bool = True, of: Sequence[sa.FromClause] | None = None
) -> sa.Select[Any]:
    """Lock the selected rows until the transaction ends; with `skip_locked` leave out locked ones.

    `FOR UPDATE` on PostgreSQL. Nothing on SQLite, where one transaction writes at a time.
    """
    return select.with_for_update(skip_locked=skip_locked, of=of)


# SQLAlchemy has an Insert with ON CONFLICT per dialect, but both compilers render the clauses
# of either. A test runs these on both databases.
def insert_or_ignore(table: sa.Table, index_elements: Sequence[str] | None = None) -> Insert:
    """INSERT that does nothing where the row would conflict (with any unique key, or this one).

    With `.returning(...)` a row that was ignored returns nothing.
    """
    return postgresql.insert(table).on_conflict_do_nothing(index_elements=index_elements)


def upsert(
    table: sa.Table,
    index_elements: Sequence[str],
    set_: Sequence[str] | Mapping[str, Any],
) -> Insert:
    """INSERT, or UPDATE the row that has the same `index_elements` (a unique key's columns).

    `set_` is what the update sets: names of columns that take the new row's value, or a mapping
    of column to expression, in which `table.c.x` is the existing row's value.
    """
    insert = postgresql.insert(table)
    if not isinstance(set_, Mapping):
        set_ = {name: insert.excluded[name] for name in set_}
    return insert.on_conflict_do_update(index_elements=index_elements, set_=dict(set_))
