"""Statements about domains of stores."""

import sqlalchemy as sa

from portico.db import Command, Query, UTCDateTime, upsert
from portico.domains.models import PORTAL, DomainCheck, OwnDomain
from portico.domains.tables import domain_checks
from portico.stores.tables import stores

_store = sa.bindparam("store_id", type_=sa.Text)
_domain = sa.bindparam("domain", type_=sa.Text)
_one = (domain_checks.c.store_id == _store, domain_checks.c.id == sa.bindparam("id", type_=sa.Text))

SAVE = Command(
    upsert(domain_checks, ["store_id", "id"], ["domain", "result", "checked_at"]).values(
        {one.name: sa.bindparam(one.name, type_=one.type) for one in domain_checks.c}
    )
)
CHECK = Query(DomainCheck, sa.select(domain_checks).where(*_one))
FORGET = Command(sa.delete(domain_checks).where(*_one))
USE = Command(
    sa.update(stores)
    .where(stores.c.id == _store)
    .values(
        domain=sa.bindparam("new_domain", type_=sa.Text),
        domain_verified_at=sa.bindparam("verified_at", type_=UTCDateTime),
    )
)
"""ConflictError where another store has it."""
OWNER = Query(str, sa.select(stores.c.id).where(stores.c.domain == _domain))
SERVED = Query(
    OwnDomain, sa.select(stores.c.domain, stores.c.slug).where(stores.c.domain.is_not(None))
)
"""Links lead only to those that are verified now, which says ``stores.domain_verified_at``."""
WATCHED = Query(
    DomainCheck,
    sa.select(domain_checks)
    .where(
        domain_checks.c.id == PORTAL,
        domain_checks.c.checked_at.is_(None)
        | (domain_checks.c.checked_at <= sa.bindparam("before", type_=UTCDateTime)),
    )
    .order_by(domain_checks.c.store_id),
)
IS_KNOWN = Query(
    int,
    sa.union_all(
        sa.select(sa.literal(1)).where(stores.c.domain == _domain),
        sa.select(sa.literal(1)).where(
            domain_checks.c.domain == _domain, domain_checks.c.id == PORTAL
        ),
    ),
)
