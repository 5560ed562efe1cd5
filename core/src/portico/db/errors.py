"""What can go wrong with a database, the same for both drivers."""

from __future__ import annotations

import re
import sqlite3

import asyncpg
import sqlalchemy as sa

__all__ = [
    "ConflictError",
    "DatabaseError",
    "DatabaseUnavailable",
    "ForeignKeyError",
    "IntegrityError",
    "SchemaMissing",
    "TransactionAborted",
    "translate",
]


class DatabaseError(Exception):
    """A statement failed; the driver's error is the cause."""


class DatabaseUnavailable(DatabaseError):
    """The database is closed, unreachable, full, or was busy for too long."""


class SchemaMissing(DatabaseError):
    """A table or column is not there: the database is new, or of another version."""


class TransactionAborted(DatabaseError):
    """The transaction was rolled back (deadlock, or an earlier statement in it failed)."""


class IntegrityError(DatabaseError):
    """A constraint refused the change. `constraint` is its name, or None where not known.

    PostgreSQL always names it. SQLite names check constraints; the names of unique constraints
    are looked up in the table of the statement, and those of foreign keys are not known.
    """

    def __init__(self, message: str, constraint: str | None = None) -> None:
        super().__init__(message)
        self.constraint = constraint


class ConflictError(IntegrityError):
    """A row with the same unique values exists already."""


class ForeignKeyError(IntegrityError):
    """The change refers to a row that does not exist, or removes one that is referred to."""


_UNAVAILABLE_POSTGRES = (
    asyncpg.PostgresConnectionError,  # class 08
    asyncpg.InsufficientResourcesError,  # class 53: disk full, too many connections
    asyncpg.OperatorInterventionError,  # class 57: shutting down, starting up
    asyncpg.InvalidAuthorizationSpecificationError,  # class 28: wrong password
    asyncpg.InvalidCatalogNameError,  # no such database
)
_UNAVAILABLE_SQLITE = frozenset(
    {"BUSY", "LOCKED", "CANTOPEN", "IOERR", "FULL", "READONLY", "CORRUPT", "NOTADB", "PERM"}
)


def translate(error: Exception, table: sa.Table | None = None) -> Exception:
    """The error of ours for a driver's `error`, or `error` itself when it is no driver's.

    `table` is the table the statement changed; it helps to name the constraint on SQLite.
    """
    if isinstance(error, sqlite3.Error):
        return _from_sqlite(error, table)
    if isinstance(error, asyncpg.PostgresError):
        return _from_postgres(error)
    if isinstance(error, asyncpg.DataError):  # a value that does not fit; also an InterfaceError
        return DatabaseError(str(error))
    if isinstance(error, (asyncpg.InterfaceError, asyncpg.InternalClientError)):
        return DatabaseUnavailable(f"The connection to the database failed: {error}")
    if isinstance(error, (OSError, TimeoutError)):
        return DatabaseUnavailable(f"The database cannot be reached: {error}")
    return error


def _from_postgres(error: asyncpg.PostgresError) -> Exception:
    message = str(error.args[0])  # without the detail, which quotes the row
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        constraint = getattr(error, "constraint_name", None)
        if isinstance(error, asyncpg.UniqueViolationError):
            return ConflictError(message, constraint)
        if isinstance(error, asyncpg.ForeignKeyViolationError):
            return ForeignKeyError(message, constraint)
        return IntegrityError(message, constraint)
    if isinstance(error, _UNAVAILABLE_POSTGRES):
        return DatabaseUnavailable(f"The database is not available: {message}")
    if isinstance(error, (asyncpg.TransactionRollbackError, asyncpg.InFailedSQLTransactionError)):
        return TransactionAborted(message)
    if isinstance(error, (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)):
        return SchemaMissing(message)
    return DatabaseError(message)


def _from_sqlite(error: sqlite3.Error, table: sa.Table | None) -> Exception:
    message = str(error)
    # e.g. SQLITE_CONSTRAINT_UNIQUE, SQLITE_BUSY_SNAPSHOT; absent on errors of the Python module
    kind, _, detail = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").partition("_")
    if kind == "CONSTRAINT":
        if detail in ("UNIQUE", "PRIMARYKEY", "ROWID"):
            return ConflictError(message, _unique_constraint(message, table))
        if detail == "FOREIGNKEY":
            return ForeignKeyError(message)
        return IntegrityError(message, message.partition(" failed: ")[2] or None)
    if kind in _UNAVAILABLE_SQLITE:
        return DatabaseUnavailable(f"The database is not available: {message}")
    if isinstance(error, sqlite3.ProgrammingError) and "closed" in message:
        return DatabaseUnavailable(message)
    if message.startswith(("no such table", "no such column")):
        return SchemaMissing(message)
    return DatabaseError(message)


def _unique_constraint(message: str, table: sa.Table | None) -> str | None:
    """The constraint that "UNIQUE constraint failed: orders.store_id, orders.number" is about."""
    detail = message.partition(" failed: ")[2]
    if (index := re.match(r"index '(.+)'", detail)) is not None:
        return index[1]
    if table is None:
        return None
    columns = [name.rpartition(".")[2] for name in detail.split(", ")]
    unique: list[sa.PrimaryKeyConstraint | sa.UniqueConstraint | sa.Index] = [table.primary_key]
    unique += [one for one in table.constraints if isinstance(one, sa.UniqueConstraint)]
    unique += [one for one in table.indexes if one.unique]
    for candidate in unique:
        if [column.name for column in candidate.columns] == columns:
            return str(candidate.name) if candidate.name else None
    return None
