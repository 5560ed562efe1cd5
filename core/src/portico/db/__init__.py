"""The database: typed statements on PostgreSQL and SQLite, transactions, migrations.

Nothing outside this package imports the `databases` library or a driver.
"""

from portico.db.constructs import (
    in_list,
    insert_or_ignore,
    lock_rows,
    replace_parameters,
    starts_with,
    upsert,
)
from portico.db.database import Database, check_url
from portico.db.dialects import DialectName
from portico.db.errors import (
    ConflictError,
    DatabaseError,
    DatabaseUnavailable,
    ForeignKeyError,
    IntegrityError,
    SchemaMissing,
    TransactionAborted,
)
from portico.db.schema import NAMING_CONVENTION, metadata
from portico.db.statements import Command, Query
from portico.db.types import EnumType, JSONType, UTCDateTime

__all__ = [
    "NAMING_CONVENTION",
    "Command",
    "ConflictError",
    "Database",
    "DatabaseError",
    "DatabaseUnavailable",
    "DialectName",
    "EnumType",
    "ForeignKeyError",
    "IntegrityError",
    "JSONType",
    "Query",
    "SchemaMissing",
    "TransactionAborted",
    "UTCDateTime",
    "check_url",
    "in_list",
    "insert_or_ignore",
    "lock_rows",
    "metadata",
    "replace_parameters",
    "starts_with",
    "upsert",
]
