"""Secrets that plugins keep in a store themselves, and changing the key that encrypts them all."""

from datetime import datetime

from portico.activation import queries
from portico.activation.cache import purpose
from portico.runtime import Runtime
from portico.stores import service as stores


def _purpose(store_id: str, plugin: str, name: str) -> str:
    return f"plugin secret {store_id} {plugin} {name}"


async def keep(
    rt: Runtime, store_id: str, plugin: str, name: str, value: str, expires_at: datetime | None
) -> None:
    """Keep a secret under a name, in place of the one before; until ``expires_at``, if given."""
    await rt.db.run(
        queries.KEEP_SECRET,
        store_id=store_id,
        plugin=plugin,
        secret=name,
        token=rt.keys.encrypt(_purpose(store_id, plugin, name), value.encode()),
        now=rt.clock.now(),
        expires_at=expires_at,
    )


async def kept(rt: Runtime, store_id: str, plugin: str, name: str) -> str | None:
    """The secret of that name; None where there is none (any more). Raises DecryptionError."""
    token = await rt.db.one(
        queries.KEPT_SECRET, store_id=store_id, plugin=plugin, secret=name, now=rt.clock.now()
    )
    if token is None:
        return None
    return rt.keys.decrypt(_purpose(store_id, plugin, name), token).decode()


async def forget(rt: Runtime, store_id: str, plugin: str, name: str) -> None:
    """Delete the secret of that name."""
    await rt.db.run(queries.FORGET_SECRET, store_id=store_id, plugin=plugin, secret=name)


async def rotate(rt: Runtime) -> int:
    """Encrypt every plugin's secrets, those of its settings and those it keeps itself, with the
    first secret key; returns how many there were."""
    count = 0
    for store in await stores.all_stores(rt):
        for row in await rt.db.all(queries.SECRETS, store_id=store.id):
            new = rt.keys.rotate(purpose(row.store_id, row.plugin), row.secrets)
            await rt.db.run(
                queries.REPLACE_SECRETS,
                store_id=row.store_id,
                plugin=row.plugin,
                old=row.secrets,
                new=new,
            )
            count += 1
        for one in await rt.db.all(queries.KEPT_SECRETS, store_id=store.id):
            await rt.db.run(
                queries.REPLACE_KEPT_SECRET,
                store_id=store.id,
                plugin=one.plugin,
                secret=one.name,
                old=one.token,
                new=rt.keys.rotate(_purpose(store.id, one.plugin, one.name), one.token),
            )
            count += 1
    return count
