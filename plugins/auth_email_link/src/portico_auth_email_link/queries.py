"""Statements of the plugin."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from portico.api import Command, Query, UTCDateTime

from portico_auth_email_link.tables import secrets


@dataclass(frozen=True, slots=True)
class Secret:
    """One link and its code, as they are stored."""

    token_hash: str
    attempt_id: str
    code_hash: str
    created_at: datetime
    used_at: datetime | None


_oldest = sa.bindparam("oldest", type_=UTCDateTime)
_usable = sa.and_(secrets.c.used_at.is_(None), secrets.c.created_at > _oldest)
_use = sa.update(secrets).values(used_at=sa.bindparam("now", type_=UTCDateTime))

ADD = Command(sa.insert(secrets))
FORGET = Command(sa.delete(secrets).where(secrets.c.created_at <= _oldest))
BY_TOKEN = Query(
    Secret, sa.select(secrets).where(secrets.c.token_hash == sa.bindparam("token_hash"))
)
# One statement checks and uses up, so that of any number at the same time one succeeds.
USE_TOKEN = Query(
    str,
    _use.where(secrets.c.token_hash == sa.bindparam("token_hash"), _usable).returning(
        secrets.c.attempt_id
    ),
)
USE_CODE = Query(
    str,
    _use.where(
        secrets.c.attempt_id == sa.bindparam("attempt_id"),
        secrets.c.code_hash == sa.bindparam("code_hash"),
        _usable,
    ).returning(secrets.c.attempt_id),
)
