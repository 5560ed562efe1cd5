"""Statements as module-level constants: compiled once per database, on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import sqlalchemy as sa
from typing_extensions import override

from portico.db.dialects import DialectName
from portico.db.plan import Plan, RowPlan

__all__ = ["Command", "Query"]

T = TypeVar("T")

_SETTLED: sa.ClauseElement = sa.text("a statement that has been compiled and let go")


class Query(Generic[T]):
    """A statement that gives rows: SELECT, or INSERT, UPDATE or DELETE with RETURNING.

    Each row becomes a `model`: a dataclass or NamedTuple whose init fields are named like the
    columns (in any order), or a scalar type such as int or str, which takes the first column.
    Parameters are the statement's bindparams. Raises TypeError on first use when the names of
    columns and fields differ.

    `statement` may also be a function that makes it when it is first asked for: a page's lists in
    all their forms are a third of what a process would otherwise do before it can serve.
    """

    __slots__ = ("_plans", "_statement", "model")

    def __init__(
        self,
        model: Callable[..., T],
        statement: sa.ClauseElement | Callable[[], sa.ClauseElement],
    ) -> None:
        self.model = model
        self._statement = statement
        self._plans: dict[DialectName, RowPlan[T]] = {}

    @property
    def statement(self) -> sa.ClauseElement:
        """What SQLAlchemy compiles; nothing that can be, once it has been let go."""
        if not isinstance(self._statement, sa.ClauseElement):
            self._statement = self._statement()
        return self._statement

    def plan(self, dialect: DialectName) -> RowPlan[T]:
        """The statement compiled for `dialect`."""
        plan = self._plans.get(dialect)
        if plan is None:
            plan = self._plans[dialect] = RowPlan(self.model, self.statement, dialect)
        return plan

    def settle(self, dialect: DialectName) -> None:
        """Compile for `dialect`, the only one from now on, and let go of `statement`."""
        self.plan(dialect)
        self._statement = _SETTLED

    @override
    def __repr__(self) -> str:
        return f"Query({getattr(self.model, '__name__', self.model)}, {self.statement})"


class Command:
    """A statement without rows: INSERT, UPDATE or DELETE."""

    __slots__ = ("_plans", "statement")

    def __init__(self, statement: sa.ClauseElement) -> None:
        self.statement = statement
        self._plans: dict[DialectName, Plan] = {}

    def plan(self, dialect: DialectName) -> Plan:
        """The statement compiled for `dialect`."""
        plan = self._plans.get(dialect)
        if plan is None:
            plan = self._plans[dialect] = Plan(self.statement, dialect)
        return plan

    def settle(self, dialect: DialectName) -> None:
        """As Query.settle."""
        self.plan(dialect)
        self.statement = _SETTLED

    @override
    def __repr__(self) -> str:
        return f"Command({self.statement})"
