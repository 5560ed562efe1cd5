"""Stores: opening one, finding it, changing its settings."""

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from portico.activation import service as activation
from portico.actors import actor
from portico.db import ConflictError
from portico.errors import PorticoError
from portico.events import service as events
from portico.hooks.plugin import Scope
from portico.ids import new_id
from portico.runtime import Runtime
from portico.stores import queries
from portico.stores.models import Mode, Store

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RESERVED = frozenset({
    # All cookies of an installation share one jar, and a store's session is named by its slug.
    "dashboard", "device", "locale", "notice",
    # Pages of the dashboard stand beside the stores'.
    "sign-in", "sign-out", "language", "set-up", "new-store", "invitations",
})  # fmt: skip
"""What no store can be called."""


class InvalidStore(PorticoError, ValueError):
    """A store cannot be made or changed like this; the message says what is wrong."""


class SlugTaken(InvalidStore):
    """Another store has this part of the address."""


async def create(
    rt: Runtime,
    *,
    slug: str,
    name: str,
    currency: str = "EUR",
    locale: str = "en",
    timezone: str = "UTC",
    mode: Mode = Mode.TEST,
    support_email: str | None = None,
    plugins: Collection[str] | None = None,
    by: str,
) -> Store:
    """Open a store with ``plugins`` switched on (None: all that start on).

    ``slug`` is its part of the portal's address, ``currency`` an ISO 4217 code, ``timezone`` an
    IANA name. Raises InvalidStore.
    """
    async with rt.db.transaction():
        store = await add(
            rt, slug=slug, name=name, currency=currency, locale=locale, timezone=timezone,
            mode=mode, support_email=support_email, by=by,
        )  # fmt: skip
    return await switch_on_plugins(rt, store, plugins, by=by)


async def add(
    rt: Runtime,
    *,
    slug: str,
    name: str,
    currency: str,
    locale: str,
    timezone: str,
    mode: Mode = Mode.TEST,
    support_email: str | None = None,
    by: str,
) -> Store:
    """The store's row alone, inside the caller's transaction; see ``create``. InvalidStore."""
    _check(slug, name, currency, timezone)
    actor_type, actor_id = actor(by)
    try:
        store = await rt.db.one(
            queries.INSERT,
            id=new_id("sto"),
            slug=slug,
            name=name.strip(),
            mode=mode,
            currency=currency.upper(),
            locale=locale,
            timezone=timezone,
            support_email=support_email,
            domain=None,
            domain_verified_at=None,
            theme="default",
            theme_settings={},
            settings={},
            plugins_version=1,
            catalog_version=1,
            created_at=rt.clock.now(),
        )
    except ConflictError:
        raise SlugTaken(f"There is a store {slug!r} already.") from None
    assert store is not None  # an INSERT that does not raise returns its row
    await events.audit(
        rt,
        store_id=store.id,
        actor_type=actor_type,
        actor_id=actor_id,
        action="store.create",
        subject_type="store",
        subject_id=store.id,
    )
    return store


async def switch_on_plugins(
    rt: Runtime, store: Store, plugins: Collection[str] | None, *, by: str
) -> Store:
    """Switch these plugins (None: all that start switched on) on in a new store."""
    for loaded in rt.registry.plugins.values():
        wanted = loaded.plugin.starts_on if plugins is None else loaded.name in plugins
        if loaded.plugin.scope is Scope.STORE and wanted:
            await activation.enable(rt, store, loaded.name, by=by)
    return await by_id(rt, store.id) or store


def _check(slug: str, name: str, currency: str, timezone: str) -> None:
    if not _SLUG.fullmatch(slug) or len(slug) > 63:
        raise InvalidStore("A slug has lower-case letters, digits and single hyphens inside.")
    if slug in RESERVED:
        raise InvalidStore(f"The slug {slug!r} is taken by Portico itself.")
    if not name.strip():
        raise InvalidStore("A store needs a name.")
    if not re.fullmatch("[A-Za-z]{3}", currency):
        raise InvalidStore("A currency is a code of three letters such as EUR.")
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise InvalidStore(f"There is no time zone {timezone!r}.") from None


async def by_slug(rt: Runtime, slug: str) -> Store | None:
    """The store at ``/p/<slug>/``."""
    return await rt.db.one(queries.BY_SLUG, slug=slug)


async def by_id(rt: Runtime, store_id: str) -> Store | None:
    """The store with this id."""
    return await rt.db.one(queries.BY_ID, store_id=store_id)


async def locked(rt: Runtime, store_id: str) -> Store:
    """The store as it is now, for a change inside the caller's transaction. ``LookupError``."""
    found = await rt.db.one(queries.LOCK, store_id=store_id)
    if found is None:
        raise LookupError(store_id)
    return found


async def all_stores(rt: Runtime) -> Sequence[Store]:
    """Every store, oldest first."""
    return await rt.db.all(queries.ALL)


async def first_two(rt: Runtime) -> Sequence[Store]:
    """The oldest two at most: enough to tell whether there is one, or none, or several."""
    return await rt.db.all(queries.FIRST_TWO)


async def update_settings(rt: Runtime, store_id: str, *, by: str, **changes: Any) -> Store:
    """Change fields of a store: name, mode, currency, locale, timezone, support_email, theme,
    theme_settings, settings. ``LookupError`` without such a store; InvalidStore."""

    def change(old: Store) -> tuple[Store, list[str]]:
        return dataclasses.replace(old, **changes), sorted(changes)

    return await _update(rt, store_id, change, by)


async def update_part(
    rt: Runtime, store_id: str, part: str, values: Mapping[str, Any], *, by: str, **changes: Any
) -> Store:
    """Change some values in a part of ``Store.settings`` (``portal``, ``providers``), and fields
    of the store with them.

    What is not in ``values`` stays. ``LookupError`` without such a store; InvalidStore.
    """

    def change(old: Store) -> tuple[Store, list[str]]:
        before = old.settings.get(part) or {}
        after = {**before, **values}
        new = dataclasses.replace(old, **changes, settings={**old.settings, part: after})
        said = [f"{part}.{name}" for name in values if before.get(name) != after[name]]
        said += [name for name in changes if getattr(old, name) != getattr(new, name)]
        return new, sorted(said)

    return await _update(rt, store_id, change, by)


async def update_portal(
    rt: Runtime, store_id: str, values: Mapping[str, Any], *, by: str, **changes: Any
) -> Store:
    """Change some of the store's ``PortalSettings``; see ``update_part``."""
    return await update_part(rt, store_id, "portal", values, by=by, **changes)


async def _update(
    rt: Runtime, store_id: str, change: Callable[[Store], tuple[Store, list[str]]], by: str
) -> Store:
    """Save what ``change`` makes of the store, and note the names that it says have changed."""
    actor_type, actor_id = actor(by)
    async with rt.db.transaction():
        # Locked, so that two sellers who change different fields both find theirs changed.
        old = await rt.db.one(queries.LOCK, store_id=store_id)
        if old is None:
            raise LookupError(store_id)
        new, said = change(old)
        _check(new.slug, new.name, new.currency, new.timezone)
        saved = await rt.db.one(
            queries.UPDATE,
            store_id=store_id,
            **{name: getattr(new, name) for name in queries.CHANGEABLE},
        )
        await events.audit(
            rt,
            store_id=store_id,
            actor_type=actor_type,
            actor_id=actor_id,
            action="store.update",
            subject_type="store",
            subject_id=store_id,
            data={"changed": said},
        )
    return saved or new


async def change_settings(rt: Runtime, store_id: str, *, by: str, **values: Any) -> Store:
    """Change some of ``Store.settings``; the others stay. ``LookupError`` without such a store."""
    async with rt.db.transaction():
        old = await rt.db.one(queries.LOCK, store_id=store_id)
        if old is None:
            raise LookupError(store_id)
        return await update_settings(rt, store_id, by=by, settings={**old.settings, **values})
