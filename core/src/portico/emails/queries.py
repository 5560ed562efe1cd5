"""Statements about mails and their templates."""

from functools import cache

import sqlalchemy as sa

from portico.db import Command, Query, UTCDateTime, insert_or_ignore, upsert
from portico.emails.models import Email, EmailState, EmailTemplate
from portico.emails.tables import email_choices, email_pace, email_templates, emails
from portico.events.models import DeliveryState
from portico.events.tables import outbox

_store: sa.BindParameter[str] = sa.bindparam("store_id")
_id: sa.BindParameter[str] = sa.bindparam("email_id")

_ADDED = {
    name: sa.bindparam(name)
    for name in ("id", "store_id", "kind", "locale", "to_address", "message_id", "params",
                 "created_at")
} | {"state": EmailState.QUEUED, "attempts": 0, "history": []}  # fmt: skip
ADD_SENT = Command(sa.insert(emails).values(**_ADDED))
"""A mail that was sent at once, such as a test; its outcome is written next."""
ADD = Query(
    str,
    insert_or_ignore(emails, ["id"])
    .values(**_ADDED, customer_id=sa.bindparam("customer_id"), order_id=sa.bindparam("order_id"))
    .returning(emails.c.id),
)
FORGET = Command(sa.delete(emails).where(emails.c.id == _id))
"""A mail that was never to be sent: nothing tells that somebody asked for it."""
BY_ID = Query(Email, sa.select(emails).where(emails.c.id == _id))
OF_CUSTOMER = Query(
    Email,
    sa.select(emails)
    .where(emails.c.store_id == _store, emails.c.customer_id == sa.bindparam("customer_id"))
    .order_by(emails.c.created_at.desc(), emails.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
OUTCOME = Command(
    sa.update(emails)
    # What the server took stays sent, whatever a repeat of it meets.
    .where(emails.c.id == _id, emails.c.state != EmailState.SENT)
    .values(
        state=sa.bindparam("new_state", type_=emails.c.state.type),
        attempts=emails.c.attempts + 1,
        error=sa.bindparam("new_error"),
        subject=sa.bindparam("new_subject"),
        sent_at=sa.bindparam("new_sent_at", type_=UTCDateTime),
        response=sa.bindparam("new_response"),
        cause=sa.bindparam("new_cause"),
        next_at=sa.bindparam("new_next_at", type_=UTCDateTime),
        history=sa.bindparam("new_history", type_=emails.c.history.type),
    )
)
WAITS = Command(
    sa.update(emails)
    .where(emails.c.id == _id)
    .values(cause=sa.bindparam("new_cause"), next_at=sa.bindparam("new_next_at", type_=UTCDateTime))
)
"""A mail has its turn at a later time; nothing was tried."""
AGAIN = Command(
    sa.update(emails)
    .where(emails.c.id == _id, emails.c.state == EmailState.FAILED)
    .values(state=EmailState.QUEUED, error=None, cause=None, next_at=None)
)
AGAIN_OF_STORE = Command(
    sa.update(emails)
    .where(emails.c.store_id == _store, emails.c.state == EmailState.FAILED)
    .values(state=EmailState.QUEUED, error=None, cause=None, next_at=None)
)
OF_STORE = Query(Email, sa.select(emails).where(emails.c.store_id == _store, emails.c.id == _id))
SLOT = Query(
    int,
    upsert(
        email_pace,
        ["store_id"],
        {
            "next_ms": sa.case(
                (email_pace.c.next_ms > sa.bindparam("now_ms"), email_pace.c.next_ms),
                else_=sa.bindparam("now_ms"),
            )
            + sa.bindparam("step_ms")
        },
    )
    .values(store_id=_store, next_ms=sa.bindparam("first_ms"))
    .returning(email_pace.c.next_ms),
)
"""Take the store's next turn to send; returns the end of it, in milliseconds since 1970."""

UNSUBSCRIBE = Command(
    insert_or_ignore(email_choices, ["store_id", "customer_id", "kind"]).values(
        store_id=_store,
        customer_id=sa.bindparam("customer_id"),
        kind=sa.bindparam("kind"),
        unsubscribed_at=sa.bindparam("unsubscribed_at"),
    )
)
_choice = sa.and_(
    email_choices.c.store_id == _store,
    email_choices.c.customer_id == sa.bindparam("customer_id"),
    email_choices.c.kind == sa.bindparam("kind"),
)
SUBSCRIBE = Command(sa.delete(email_choices).where(_choice))
UNSUBSCRIBED = Query(
    int, sa.select(sa.literal_column("1")).select_from(email_choices).where(_choice)
)

TEMPLATES = Query(
    EmailTemplate,
    sa.select(email_templates)
    .where(
        email_templates.c.store_id == _store,
        email_templates.c.kind == sa.bindparam("kind"),
        email_templates.c.enabled.is_(True),
    )
    .order_by(email_templates.c.id),
)
"""The texts in force; of two that were saved at one moment the later one comes last."""
TEMPLATES_IN_FORCE = Query(
    EmailTemplate,
    sa.select(email_templates)
    .where(email_templates.c.store_id == _store, email_templates.c.enabled.is_(True))
    .order_by(email_templates.c.id),
)
_of_place = sa.and_(
    email_templates.c.store_id == _store,
    email_templates.c.kind == sa.bindparam("kind"),
    sa.func.coalesce(email_templates.c.product_id, "") == sa.bindparam("place_product"),
    sa.func.coalesce(email_templates.c.locale, "") == sa.bindparam("place_locale"),
)
TEMPLATE_HISTORY = Query(
    EmailTemplate,
    sa.select(email_templates)
    .where(_of_place)
    .order_by(email_templates.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
RETIRE_TEMPLATES = Command(
    sa.update(email_templates)
    .where(_of_place, email_templates.c.enabled.is_(True))
    .values(enabled=False)
)
ADD_TEMPLATE = Command(sa.insert(email_templates))

DEAD_LETTERS = Query(
    Email,
    sa.select(emails)
    .where(
        emails.c.store_id == _store,
        emails.c.id.in_(
            sa.select(sa.func.substr(outbox.c.key, len("mail:") + 1)).where(
                outbox.c.store_id == _store,
                outbox.c.state == DeliveryState.DEAD,
                outbox.c.kind == "mail",
            )
        ),
    )
    .order_by(emails.c.message_id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
"""Also those whose worker died each time, before it could write down anything."""


@cache
def search(address: bool, kind: bool, state: bool, direction: str) -> Query[Email]:
    """A store's mails, narrowed to what is given; ``after`` is oldest first."""
    where = [emails.c.store_id == _store]
    if address:
        where.append(emails.c.to_address.like(sa.bindparam("address"), escape="!"))
    if kind:
        where.append(emails.c.kind == sa.bindparam("the_kind"))
    if state:
        where.append(emails.c.state == sa.bindparam("the_state", type_=emails.c.state.type))
    cursor: sa.BindParameter[str] = sa.bindparam("cursor")
    if direction == "before":
        where.append(emails.c.message_id < cursor)
    elif direction == "after":
        where.append(emails.c.message_id > cursor)
    order = emails.c.message_id.asc() if direction == "after" else emails.c.message_id.desc()
    limit = sa.bindparam("limit", type_=sa.BigInteger)
    return Query(Email, sa.select(emails).where(*where).order_by(order).limit(limit))
