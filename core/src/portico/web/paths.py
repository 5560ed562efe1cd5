"""Paths as a browser knows them: the portal is at ``/p/<store>/``, or at the root of the store's
own domain."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from quart.globals import request_ctx

OWN_STORE = "portico.own_domain_of"
"""In the scope of a request that came for a store's own domain: the store's slug."""


def portal_base(slug: str) -> str:
    """Where the store's portal begins on the host of this request."""
    return "/" if own_slug() == slug else f"/p/{slug}/"


def outward(path: str) -> str:
    """A path of the application as the host of this request knows it."""
    slug = own_slug()
    if slug is None:
        return path
    inside = f"/p/{slug}"
    return path[len(inside) :] if path.startswith(f"{inside}/") else path


def own_slug() -> str | None:
    """The store whose domain this request came for; None at the base URL."""
    scope: Mapping[str, Any] = request_ctx.request.scope
    return scope.get(OWN_STORE)


def local_path(path: str | None, inside: str) -> str | None:
    """``path`` if it is one below ``inside`` (such as ``/p/demo/``), else None.

    Browsers read a backslash as a slash and drop control characters, so neither may be there.
    """
    if not path or len(path) > 2000 or "\\" in path or not path.isprintable():
        return None
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or not path.startswith(inside):
        return None
    return None if ".." in parts.path.split("/") else path
