"""Static files, kept in memory, each folder under a hash of what is in it.

The hash is part of the URL, so that browsers keep a file for ever and a release never serves a
page with the style sheet of another.
"""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

HASH_LENGTH = 12
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Folder:
    """The static files of core, a theme or a plugin; ``url`` is what all of them start with."""

    url: str
    digest: str
    files: dict[str, Asset]

    def url_of(self, path: str) -> str:
        """The URL of one file."""
        return f"{self.url}{path}"


def read_folder(kind: str, folder: Path) -> Folder:
    """Read every file under ``folder``; ``kind`` is ``core``, ``theme/<name>`` or
    ``plugin/<name>``."""
    digest = hashlib.sha256()
    files: dict[str, Asset] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file() and not path.name.startswith("."):
            name = path.relative_to(folder).as_posix()
            content = path.read_bytes()
            files[name] = Asset(content, _media_type(path))
            digest.update(name.encode() + b"\0" + content + b"\0")
    short = digest.hexdigest()[:HASH_LENGTH]
    return Folder(f"/static/{kind}/{short}/", short, files)


def _media_type(path: Path) -> str:
    known = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    media_type = known or "application/octet-stream"
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
