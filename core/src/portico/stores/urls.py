"""Absolute links to a store's portal and to the dashboard: from the base URL or the store's
verified domain, never from Host."""

from urllib.parse import urlsplit

from portico.settings import Settings
from portico.stores.models import Store


def portal_url(settings: Settings, store: Store, path: str = "") -> str:
    """A page of the store's portal; ``path`` as in ``purchases/ord_1``."""
    origin = own_origin(settings, store)
    base = f"{settings.base_url}/p/{store.slug}" if origin is None else origin
    return f"{base}/{path.lstrip('/')}"


def own_origin(settings: Settings, store: Store) -> str | None:
    """The origin of the store's own domain, without a slash; None until one is verified."""
    if store.domain is None or store.domain_verified_at is None:
        return None
    return origin_at(settings, store.domain)


def origin_at(settings: Settings, domain: str) -> str:
    """Where a domain is reached: by the scheme and at the port of the base URL."""
    base = urlsplit(settings.base_url)
    return f"{base.scheme}://{domain}" + (f":{base.port}" if base.port else "")


def dashboard_url(settings: Settings, path: str = "") -> str:
    """A page of the dashboard."""
    return f"{settings.base_url}/dashboard/{path.lstrip('/')}"
