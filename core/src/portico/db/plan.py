"""A statement compiled for one database: its SQL, its parameters, and how rows become objects."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import SelectBase

from portico.db.dialects import DIALECTS, DialectName
from portico.db.making import row_maker

__all__ = ["Plan", "RowPlan"]

T = TypeVar("T")
Processor = Callable[[Any], Any]


class Plan:
    """SQL text and the order, defaults and conversions of its parameters."""

    __slots__ = ("_fixed", "_made", "_optional", "_order", "_required", "sql", "table", "writes")

    def __init__(self, statement: sa.ClauseElement, dialect: DialectName) -> None:
        compiled = statement.compile(dialect=DIALECTS[dialect])
        if not isinstance(compiled, SQLCompiler):
            raise TypeError(f"not a query or a command: {statement!r}")
        self.writes = not isinstance(statement, SelectBase) or any(
            isinstance(part, UpdateBase) for part in visitors.iterate(statement)
        )
        target = getattr(statement, "table", None)
        self.table = target if isinstance(target, sa.Table) else None
        self._sort_parameters(compiled)
        self._expand(compiled, dialect)

    def _sort_parameters(self, compiled: SQLCompiler) -> None:
        """Tell apart what the caller gives, what the statement fixes, and columns' defaults."""
        self._made = {one.key: _default(one.default) for one in compiled.insert_prefetch}
        self._made |= {one.key: _default(one.onupdate) for one in compiled.update_prefetch}
        self._required = frozenset(
            name for bind, name in compiled.bind_names.items() if bind.required
        )
        self._fixed = {
            name: bind.effective_value
            for bind, name in compiled.bind_names.items()
            if not bind.required and name not in self._made
        }
        self._optional = frozenset(self._made) | {
            name
            for bind, name in compiled.bind_names.items()
            if not bind.required and not bind.unique
        }

    def _expand(self, compiled: SQLCompiler, dialect: DialectName) -> None:
        """Write out `column.in_([...])`, and pair each parameter's place with its conversion."""
        for bind in compiled.post_compile_params:
            if bind.required:
                raise TypeError(f"use in_list(column, {bind.key!r}) for a list given as parameter")
        state = compiled.construct_expanded_state(dict.fromkeys(self._required), escape_names=False)
        impl = DIALECTS[dialect]
        processors: dict[str, Processor | None] = {
            name: bind.type.dialect_impl(impl).bind_processor(impl)
            for bind, name in compiled.bind_names.items()
        }
        processors.update(typing.cast(Mapping[str, Processor], state.processors))
        self.sql = state.statement
        self._order = [(name, processors.get(name)) for name in state.positiontup or ()]
        names = {name for name, _ in self._order}
        known = self._required | self._made.keys()
        self._fixed = {
            name: self._fixed.get(name, state.parameters.get(name)) for name in names - known
        }

    def bind(self, params: Mapping[str, Any]) -> list[Any]:
        """The driver's arguments. Raises TypeError for a missing or an unknown parameter."""
        if params.keys() != self._required:
            self._check(params)
        if self._fixed or self._made:
            values = {**self._fixed, **params}
            for name, make in self._made.items():
                if name not in values:
                    values[name] = make()
            params = values
        return [
            params[name] if process is None else process(params[name])
            for name, process in self._order
        ]

    def _check(self, params: Mapping[str, Any]) -> None:
        if missing := self._required - params.keys():
            raise TypeError(f"missing parameter {_listed(missing)} of: {self.sql}")
        if unknown := params.keys() - self._required - self._optional:
            raise TypeError(f"unknown parameter {_listed(unknown)} of: {self.sql}")


class RowPlan(Plan, Generic[T]):
    """A plan whose rows become `model`: a dataclass, a NamedTuple, or a scalar (first column)."""

    __slots__ = ("_make", "_read")

    def __init__(
        self, model: Callable[..., T], statement: sa.ClauseElement, dialect: DialectName
    ) -> None:
        if not isinstance(statement, (SelectBase, UpdateBase)) or not statement.exported_columns:
            raise TypeError(f"a Query selects or returns columns; use Command for: {statement}")
        super().__init__(statement, dialect)
        columns = list(statement.exported_columns)
        fields = _fields(model)
        if fields is None:
            places, hints = [0], [model]
        else:
            names = [str(column.key) for column in columns]
            if sorted(names) != sorted(fields):
                raise TypeError(
                    f"{model.__name__} has the fields {_listed(fields)}, "
                    f"but the statement gives {_listed(names)}"
                )
            places, hints = [names.index(name) for name in fields], list(fields.values())
        readers = [
            _reader(columns[i], hint, dialect) for i, hint in zip(places, hints, strict=True)
        ]
        self._read = readers[0] if fields is None else None
        self._make = None if fields is None else row_maker(model, readers, places, nulls=True)

    def build(self, rows: Sequence[Sequence[Any]]) -> list[T]:
        """One object per row of the driver."""
        make, read = self._make, self._read
        if make is not None:
            return [make(row) for row in rows]
        return [row[0] if read is None else read(row[0]) for row in rows]


def _default(default: Any) -> Callable[[], Any]:
    """What makes the value of a column that has a Python-side default."""
    if default.is_callable:
        return lambda: default.arg(None)  # SQLAlchemy wraps it to take a context, which we have not
    if default.is_scalar:
        return lambda: default.arg
    raise TypeError(f"{default!r} is neither a value nor a function")


def _fields(model: Callable[..., Any]) -> dict[str, Any] | None:
    """Names and types of the arguments that build `model`, in order; None for a scalar."""
    if dataclasses.is_dataclass(model):
        names = [field.name for field in dataclasses.fields(model) if field.init]
    elif isinstance(model, type) and issubclass(model, tuple):
        names = list(getattr(model, "_fields", ()))
    else:
        return None
    hints = typing.get_type_hints(model)
    return {name: hints.get(name) for name in names}


def _reader(column: sa.ColumnElement[Any], hint: Any, dialect: DialectName) -> Processor | None:
    """The conversion of a column's values, or None where the driver's are right."""
    impl = DIALECTS[dialect]
    kind = column.type.dialect_impl(impl)
    read = kind.result_processor(impl, None)
    wanted = _enum_class(hint)
    if wanted is not None and type(column.type) in (sa.String, sa.Text, sa.types.NullType):
        return lambda value: None if value is None else wanted(value)
    return typing.cast("Processor | None", read)


def _enum_class(hint: Any) -> type[enum.Enum] | None:
    """The enumeration in `Status` or `Status | None`."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if typing.get_origin(hint) is typing.Union:
        options = typing.get_args(hint)
    found = [one for one in options if isinstance(one, type) and issubclass(one, enum.Enum)]
    return found[0] if len(found) == 1 else None


def _listed(names: typing.Iterable[str]) -> str:
    return ", ".join(repr(name) for name in sorted(names))
