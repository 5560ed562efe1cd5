"""Statements of stores."""

from typing import Any

import sqlalchemy as sa

from portico.db import Command, Query, UTCDateTime, upsert
from portico.db.columns import next_number
from portico.emails.tables import email_templates
from portico.stores.models import ImageUse, Store, StoreImage
from portico.stores.tables import store_images, stores

CHANGEABLE = (
    "name", "mode", "currency", "locale", "timezone", "support_email", "theme", "theme_settings",
    "settings",
)  # fmt: skip

INSERT = Query(
    Store,
    sa.insert(stores)
    .values(
        **{c.name: sa.bindparam(c.name, type_=c.type) for c in stores.c if c.name != "number"},
        number=next_number("stores"),
    )
    .returning(stores),
)
BY_SLUG = Query(Store, sa.select(stores).where(stores.c.slug == sa.bindparam("slug")))
BY_ID = Query(Store, sa.select(stores).where(stores.c.id == sa.bindparam("store_id")))
# FOR NO KEY UPDATE on PostgreSQL: rows that merely refer to the store can be written meanwhile.
LOCK = Query(
    Store,
    sa.select(stores)
    .where(stores.c.id == sa.bindparam("store_id"))
    .with_for_update(key_share=True),
)
ALL = Query(Store, sa.select(stores).order_by(stores.c.number))
FIRST_TWO = Query(Store, sa.select(stores).order_by(stores.c.number).limit(2))
SETTINGS = Query(dict[str, Any], sa.select(stores.c.settings))
"""Of every store, and of no other column: for the demo, which meets tables of any version."""
UPDATE = Query(
    Store,
    sa.update(stores)
    .values({name: sa.bindparam(name, type_=stores.c[name].type) for name in CHANGEABLE})
    .where(stores.c.id == sa.bindparam("store_id"))
    .returning(stores),
)

# The same picture again is the same row, and in use again.
ADD_IMAGE = Command(
    upsert(store_images, ["store_id", "id"], ["created_at", "unused_since"]).values(
        {one.name: sa.bindparam(one.name, type_=one.type) for one in store_images.c}
    )
)
_one_image = (
    store_images.c.store_id == sa.bindparam("store_id"),
    store_images.c.id == sa.bindparam("id"),
)
IMAGE = Query(
    StoreImage,
    sa.select(
        store_images.c.store_id, store_images.c.id, store_images.c.content,
        store_images.c.created_at,
    ).where(*_one_image),
)  # fmt: skip
IMAGE_USES = Query(
    ImageUse,
    sa.select(
        store_images.c.store_id, store_images.c.id, store_images.c.unused_since,
        stores.c.theme_settings,
    ).join_from(store_images, stores, stores.c.id == store_images.c.store_id),
)  # fmt: skip
MARK_IMAGE = Command(
    sa.update(store_images)
    .where(*_one_image)
    .values(unused_since=sa.bindparam("unused_since", type_=UTCDateTime))
)
DROP_IMAGES = Command(
    sa.delete(store_images).where(
        store_images.c.unused_since < sa.bindparam("before", type_=UTCDateTime),
        ~sa.exists().where(
            email_templates.c.store_id == store_images.c.store_id,
            email_templates.c.body.contains(store_images.c.id),
        ),
    )
)
"""A seller may have put the picture's address into a mail: those stay."""
