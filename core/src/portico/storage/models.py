"""Bytes in a storage plugin."""

from dataclasses import dataclass

from portico.hooks.files import StoredFile, StoredKey


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that are stored, and the row they wait for."""

    version_id: str
    storage: str
    filename: str
    content_type: str
    stored: StoredFile


@dataclass(frozen=True, slots=True)
class Intent:
    """Bytes that a storage plugin may hold and that no row names (yet).

    ``id`` is that of the upload, ``storage`` the plugin's name. ``storage_key`` is None where the
    plugin tells none before it has stored the bytes. ``collecting``: they are being deleted, and
    no row may name them any more.
    """

    store_id: str
    id: str
    storage: str
    storage_key: str | None
    collecting: bool

    def key(self) -> StoredKey | None:
        """What the storage needs to delete the bytes; how many there are nobody knows."""
        if self.storage_key is None:
            return None
        return StoredKey(self.storage_key, 0, "", self.id, "application/octet-stream")
