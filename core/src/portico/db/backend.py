"""What both backends offer to `Database`, on top of the `databases` library's interface."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from databases.interfaces import DatabaseBackend

from portico.db.dialects import DialectName
from portico.db.plan import Plan

__all__ = ["Backend", "Operation"]

C = TypeVar("C")

# Runs a plan with its arguments on a connection that the caller holds.
Operation = Callable[[C, Plan, Sequence[Any]], Awaitable[Any]]


class Backend(DatabaseBackend, Generic[C]):
    """Owns the connections. A connection is held per statement or per root transaction.

    The library's per-task connections and its transactions are not used: they lose count when a
    BEGIN or COMMIT fails or is cancelled.
    """

    dialect: ClassVar[DialectName]

    @abstractmethod
    async def rows(self, connection: C, plan: Plan, arguments: Sequence[Any]) -> Any:
        """All rows, each a sequence of the driver's values."""

    @abstractmethod
    async def row(self, connection: C, plan: Plan, arguments: Sequence[Any]) -> Any:
        """A list of the first row, or an empty list."""

    @abstractmethod
    async def count(self, connection: C, plan: Plan, arguments: Sequence[Any]) -> Any:
        """How many rows the command changed."""

    @abstractmethod
    async def many(self, connection: C, plan: Plan, arguments: Sequence[Any]) -> Any:
        """Run the command once per list of arguments."""

    @abstractmethod
    async def outside(self, operation: Operation[C], plan: Plan, arguments: Sequence[Any]) -> Any:
        """Run one operation on its own, in a transaction of its own where it writes."""

    @abstractmethod
    async def begin(self, *, readonly: bool) -> C:
        """Take a connection and begin a transaction on it. Readonly ones see one snapshot."""

    @abstractmethod
    async def command(self, connection: C, sql: str) -> None:
        """Run SAVEPOINT and its like inside a transaction."""

    @abstractmethod
    async def commit(self, connection: C) -> None:
        """Commit and give the connection back, whatever happens to the caller."""

    @abstractmethod
    async def rollback(self, connection: C) -> None:
        """Roll back and give the connection back, whatever happens to the caller."""

    @abstractmethod
    def idle(self) -> tuple[int, int]:
        """How many connections nobody uses, and how many there are."""
