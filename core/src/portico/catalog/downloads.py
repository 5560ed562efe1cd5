"""Downloads: short-lived grants, and the files they open.

A grant is ``<version>.<download>.<expiry>.<signature>``. The signature also covers the store and
the customer, so that a grant is worth nothing in another store or another person's session. The
entitlement is checked when a grant is made and again whenever it is used.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from portico.activation import service as activation
from portico.catalog import queries
from portico.catalog.models import FileState, FileVersion
from portico.catalog.queries import VersionRow
from portico.entitlements import service as entitlements
from portico.events import service as events
from portico.events.models import EventType
from portico.hooks.files import FileStorageHooks, LocalFile, OpenedFile, StoredKey
from portico.ids import new_id
from portico.runtime import Runtime
from portico.stores.models import Store

GRANT_TIME = timedelta(minutes=10)
MISSING = "file_missing"
_PURPOSE = "download"
_PAGE = 200
_SECONDS = 20.0
_log = structlog.get_logger(__name__)


class NotOffered(LookupError):
    """There is no such file, or it is not this customer's to have."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a grant opens. ``fresh_grant`` is set where the one that was used is too old."""

    version: FileVersion
    file_name: str
    product_id: str
    download_id: str
    fresh_grant: str | None


async def make_grant(rt: Runtime, store: Store, customer_id: str, version_id: str) -> str:
    """A grant for ten minutes. NotOffered if the customer may not have this version."""
    await _offered(rt, store, customer_id, version_id)
    return _grant(rt, store, customer_id, version_id, new_id("dl"))


async def redeem_grant(rt: Runtime, store: Store, customer_id: str, grant: str) -> Redeemed:
    """What the grant opens for this customer now. NotOffered if it is not theirs or was made up.

    The fresh grant of one that is too old counts as the same download.
    """
    version_id, download_id, expires = _read(rt, store, customer_id, grant)
    row = await _offered(rt, store, customer_id, version_id)
    fresh = None
    if expires <= int(rt.clock.now().timestamp()):
        fresh = _grant(rt, store, customer_id, version_id, download_id)
    return Redeemed(row.version(), row.file_name, row.product_id, download_id, fresh)


def _grant(rt: Runtime, store: Store, customer_id: str, version_id: str, download_id: str) -> str:
    expires = int((rt.clock.now() + GRANT_TIME).timestamp())
    data = _signed(store, customer_id, version_id, download_id, str(expires))
    return f"{version_id}.{download_id}.{expires}.{rt.keys.sign(_PURPOSE, data)}"


def _read(rt: Runtime, store: Store, customer_id: str, grant: str) -> tuple[str, str, int]:
    parts = grant.split(".")
    if len(parts) != 4:
        raise NotOffered("not a grant")
    version_id, download_id, expires, signature = parts
    data = _signed(store, customer_id, version_id, download_id, expires)
    if not rt.keys.verify(_PURPOSE, data, signature):
        raise NotOffered("not a grant for this customer")
    return version_id, download_id, int(expires)


def _signed(store: Store, customer_id: str, *parts: str) -> bytes:
    return "\n".join((store.id, customer_id, *parts)).encode()


async def _offered(rt: Runtime, store: Store, customer_id: str, version_id: str) -> VersionRow:
    row = await rt.db.one(queries.VERSION, store_id=store.id, id=version_id)
    if row is None or row.file_state is not FileState.ACTIVE:
        raise NotOffered("no such version")
    if row.number != row.newest and not row.older_versions:
        raise NotOffered("an older version that is not offered")
    entitlement = await entitlements.for_product(rt, store, customer_id, row.product_id)
    if entitlement is None or not entitlement.active:
        raise NotOffered("not the customer's")
    return row


async def open_version(rt: Runtime, store: Store, version: FileVersion) -> OpenedFile | None:
    """The bytes, from the plugin that stored them. None if they cannot be had: the store's health
    then names the file, until it is there again."""
    try:
        opened = await rt.hooks.owner(
            store, version.storage, FileStorageHooks.open_file, _key(version), timeout=_SECONDS
        )
    except Exception as error:
        _log.warning("file cannot be opened", version=version.id, error=repr(error))
        opened = None
    if isinstance(opened, LocalFile):
        there = await asyncio.to_thread(_has_size, opened.path, version.size)
        opened = opened if there else None
    if opened is None:
        await _report(rt, store, version)
    return opened


def _key(version: FileVersion) -> StoredKey:
    return StoredKey(
        version.storage_key, version.size, version.sha256, version.filename, version.content_type
    )


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.is_file() and path.stat().st_size == size
    except OSError:
        return False


async def _report(rt: Runtime, store: Store, version: FileVersion) -> None:
    message = (
        f"The file {version.filename} (version {version.id}) cannot be read from "
        f"{version.storage}. Restore it from a backup, or upload it again as a new version."
    )
    await activation.report_finding(rt, store, version.storage, MISSING, version.id, message)


async def record(rt: Runtime, store: Store, customer_id: str, redeemed: Redeemed) -> None:
    """Note that a download has begun: once, however many ranges it is fetched in."""
    version = redeemed.version
    known = await rt.db.one(queries.DOWNLOAD, store_id=store.id, id=redeemed.download_id)
    if known is not None:
        return
    async with rt.db.transaction():
        added = await rt.db.one(
            queries.ADD_DOWNLOAD, store_id=store.id, id=redeemed.download_id,
            customer_id=customer_id, file_version_id=version.id, created_at=rt.clock.now(),
        )  # fmt: skip
        if added is None:
            return
        await rt.db.run(queries.COUNT_DOWNLOAD, store_id=store.id, file_version_id=version.id)
        data = {
            "customer_id": customer_id,
            "file_version_id": version.id,
            "file_id": version.file_id,
            "product_id": redeemed.product_id,
        }
        await events.publish(rt, store, EventType.FILE_DOWNLOADED, redeemed.download_id, data)
        await activation.resolve_finding(rt, store, MISSING, version.id)


async def check_files(rt: Runtime, store: Store) -> list[FileVersion]:
    """Ask every storage for every version of the store; returns those whose bytes are not there.

    Brings the store's health up to date both ways.
    """
    missing: list[FileVersion] = []
    after = ""
    while page := await rt.db.all(queries.STORED, store_id=store.id, after=after, limit=_PAGE):
        for version in page:
            if await _is_there(rt, store, version):
                await activation.resolve_finding(rt, store, MISSING, version.id)
            else:
                await _report(rt, store, version)
                missing.append(version)
        after = page[-1].id
    return missing


async def _is_there(rt: Runtime, store: Store, version: FileVersion) -> bool:
    try:
        return await rt.hooks.owner(
            store, version.storage, FileStorageHooks.check_file, _key(version), timeout=_SECONDS
        )
    except Exception as error:
        _log.warning("file cannot be checked", version=version.id, error=repr(error))
        return False
