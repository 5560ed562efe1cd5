"""Core's own tables hang on this MetaData; each plugin with tables has one of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

__all__ = ["NAMING_CONVENTION", "SchemaOwner", "metadata"]

# Every constraint has a name, the same on both databases: migrations can drop it, and an error
# can say which one it was. https://alembic.sqlalchemy.org/en/latest/naming.html
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)


@dataclass(frozen=True)
class SchemaOwner:
    """Who owns a set of tables: core, or a plugin.

    `scripts` is the folder of Alembic's revision files, `version_table` the table that remembers
    which of them ran.
    """

    name: str
    metadata: sa.MetaData
    scripts: Path
    version_table: str
