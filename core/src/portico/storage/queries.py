"""Statements about bytes that no row names."""

import sqlalchemy as sa

from portico.catalog.tables import file_versions
from portico.db import Command, Query, UTCDateTime, insert_or_ignore
from portico.storage.models import Intent
from portico.storage.tables import storage_intents
from portico.uploads.tables import upload_parts

_key = sa.bindparam("storage_key", type_=sa.Text)
_after = sa.bindparam("collect_after", type_=UTCDateTime)
_one = (
    storage_intents.c.store_id == sa.bindparam("store_id", type_=sa.Text),
    storage_intents.c.id == sa.bindparam("id", type_=sa.Text),
)

ADD = Command(
    insert_or_ignore(storage_intents).values(
        {one.name: sa.bindparam(one.name, type_=one.type) for one in storage_intents.c}
    )
)
FULFILL = Command(sa.delete(storage_intents).where(*_one, storage_intents.c.collecting.is_(False)))
"""Nothing where the bytes are being collected: then no row may name them."""
DROP = Command(sa.delete(storage_intents).where(*_one))


def _named_by(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        table.c.store_id == storage_intents.c.store_id,
        table.c.storage == storage_intents.c.storage,
        table.c.storage_key == _key,
    )


COLLECT = Command(
    sa.update(storage_intents)
    .where(*_one, ~_named_by(file_versions), ~_named_by(upload_parts))
    .values(storage_key=_key, collecting=True, collect_after=_after)
)
"""Nothing where a row names the bytes. ``collect_after``: when to try again, should it fail."""
DUE = Query(
    Intent,
    sa.select(*(one for one in storage_intents.c if one is not storage_intents.c.collect_after))
    .where(storage_intents.c.collect_after < sa.bindparam("now", type_=UTCDateTime))
    .order_by(storage_intents.c.collect_after)
    .limit(100),
)
