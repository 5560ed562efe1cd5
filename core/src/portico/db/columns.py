"""The few column shapes every table is made of, so that tenancy is the same everywhere.

A table of a store has the primary key ``(store_id, id)`` and points to other tables of the store
by both columns: a row of one store can then never refer to a row of another.
"""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement

from portico.db.schema import metadata
from portico.db.types import JSONType, UTCDateTime

__all__ = ["choice", "json", "moment", "next_number", "number", "ref", "store_table"]


def store_table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    """A table whose rows each belong to one store; key ``(store_id, id)``."""
    return sa.Table(
        name,
        metadata,
        sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        *parts,
        sa.PrimaryKeyConstraint("store_id", "id"),
    )


def ref(column: str, table: str, **options: Any) -> sa.ForeignKeyConstraint:
    """A reference to another row of the same store."""
    return sa.ForeignKeyConstraint(
        ["store_id", column], [f"{table}.store_id", f"{table}.id"], **options
    )


def moment(name: str, nullable: bool = False) -> sa.Column[Any]:
    """An aware UTC time."""
    return sa.Column(name, UTCDateTime, nullable=nullable)


def json(name: str) -> sa.Column[Any]:
    """A JSON object, empty by default."""
    return sa.Column(name, JSONType, nullable=False, default=dict, server_default=sa.text("'{}'"))


def choice(name: str, kind: type[StrEnum], nullable: bool = False) -> sa.Column[Any]:
    """One word of an enumeration, stored as its value in plain text."""
    words = sa.Enum(
        kind, native_enum=False, create_constraint=False, length=40,
        values_callable=lambda e: [str(m.value) for m in e],
    )  # fmt: skip
    return sa.Column(name, words, nullable=nullable)


class next_number(ColumnElement[int]):  # noqa: N801 - reads as an SQL function
    """The next free ``number`` of a table, for use as a value in an INSERT.

    A sequence on PostgreSQL (gaps after a rollback are fine); on SQLite, which has one writer at
    a time, the highest number plus one.
    """

    inherit_cache = True
    type = sa.BigInteger()

    def __init__(self, table: str) -> None:
        self.table = table


@compiles(next_number, "postgresql")
def _next_number_postgresql(element: next_number, compiler: Any, **_: Any) -> str:
    return f"nextval('{element.table}_number')"


@compiles(next_number, "sqlite")
def _next_number_sqlite(element: next_number, compiler: Any, **_: Any) -> str:
    # S608: the table's name is a constant of tables.py
    return f"(SELECT coalesce(max(number), 1000) + 1 FROM {element.table})"  # noqa: S608


def number(table: str) -> sa.Column[Any]:
    """A whole number, unique in the installation, for people and for other systems' APIs."""
    sa.Sequence(f"{table}_number", start=1001, metadata=metadata)
    return sa.Column("number", sa.BigInteger, nullable=False, unique=True)
