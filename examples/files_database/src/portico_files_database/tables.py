"""The plugin's one table, and every statement that touches it."""

from typing import NamedTuple

import sqlalchemy as sa
from portico.api import Command, Query

metadata = sa.MetaData()

blocks = sa.Table(
    "files_database_blocks",
    metadata,
    sa.Column("store_id", sa.Text, primary_key=True),
    sa.Column("file_key", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)


class Stored(NamedTuple):
    """How many blocks and bytes of a file there are."""

    blocks: int
    bytes: int


_of_file = sa.and_(
    blocks.c.store_id == sa.bindparam("store_id", type_=sa.Text),
    blocks.c.file_key == sa.bindparam("file_key", type_=sa.Text),
)

insert = Command(
    sa.insert(blocks).values({column.name: sa.bindparam(column.name) for column in blocks.c})
)
block = Query(
    bytes,
    sa.select(blocks.c.content).where(
        _of_file, blocks.c.position == sa.bindparam("position", type_=sa.BigInteger)
    ),
)
stored = Query(
    Stored,
    sa.select(
        sa.func.count(blocks.c.position).label("blocks"),
        sa.cast(
            sa.func.coalesce(sa.func.sum(sa.func.length(blocks.c.content)), 0), sa.BigInteger
        ).label("bytes"),
    )
    .select_from(blocks)
    .where(_of_file),
)
delete = Command(sa.delete(blocks).where(_of_file))
