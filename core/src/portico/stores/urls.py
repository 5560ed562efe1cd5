"""Absolute links to a store's portal and to the dashboard: from the base URL, never from Host."""

from portico.settings import Settings
from portico.stores.models import Store


def portal_url(settings: Settings, store: Store, path: str = "") -> str:
    """A page of the store's portal; ``path`` as in ``purchases/ord_1``."""
    return f"{settings.base_url}/p/{store.slug}/{path.lstrip('/')}"


def dashboard_url(settings: Settings, path: str = "") -> str:
    """A page of the dashboard."""
    return f"{settings.base_url}/dashboard/{path.lstrip('/')}"
