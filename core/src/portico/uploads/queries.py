"""Statements of uploads that are under way."""

import sqlalchemy as sa

from portico.db import Command, Query, UTCDateTime
from portico.uploads.models import IncomingUpload, UploadPart
from portico.uploads.tables import upload_parts, uploads

_store = sa.bindparam("store_id", type_=sa.Text)
_upload = sa.bindparam("upload_id", type_=sa.Text)
_now = sa.bindparam("now", type_=UTCDateTime)
_one = (uploads.c.store_id == _store, uploads.c.id == _upload)


def _values(table: sa.Table) -> dict[str, object]:
    return {c.name: sa.bindparam(c.name, type_=c.type) for c in table.c}


ADD = Query(IncomingUpload, sa.insert(uploads).values(_values(uploads)).returning(uploads))
UPLOAD = Query(IncomingUpload, sa.select(uploads).where(*_one))
ADVANCE = Query(
    IncomingUpload,
    sa.update(uploads)
    .where(*_one, uploads.c.received == sa.bindparam("start", type_=sa.BigInteger))
    .values(
        received=uploads.c.received + sa.bindparam("more", type_=sa.BigInteger), updated_at=_now
    )
    .returning(uploads),
)
"""Nothing where the upload has gone on meanwhile: of two equal parts one is kept."""
CLAIM = Query(
    IncomingUpload,
    sa.update(uploads)
    .where(*_one, uploads.c.busy_until.is_(None) | (uploads.c.busy_until < _now))
    .values(busy_until=sa.bindparam("until", type_=UTCDateTime), updated_at=_now)
    .returning(uploads),
)
FREE = Command(sa.update(uploads).where(*_one).values(busy_until=None))
DROP = Command(sa.delete(uploads).where(*_one))
STALE = Query(
    IncomingUpload,
    sa.select(uploads)
    .where(
        uploads.c.updated_at < sa.bindparam("before", type_=UTCDateTime),
        uploads.c.id > sa.bindparam("after", type_=sa.Text),
    )
    .order_by(uploads.c.id)
    .limit(100),
)

ADD_PART = Command(sa.insert(upload_parts).values(_values(upload_parts)))
PARTS = Query(
    UploadPart,
    sa.select(upload_parts)
    .where(upload_parts.c.store_id == _store, upload_parts.c.upload_id == _upload)
    .order_by(upload_parts.c.start),
)
DROP_PARTS = Query(
    UploadPart,
    sa.delete(upload_parts)
    .where(upload_parts.c.store_id == _store, upload_parts.c.upload_id == _upload)
    .returning(upload_parts),
)
