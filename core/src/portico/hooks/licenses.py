"""Issuing license keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portico.catalog.models import Product
from portico.customers.models import Customer
from portico.hooks.context import Context
from portico.hooks.markers import contribution, owner
from portico.hooks.plugin import PluginSettings
from portico.licenses.models import License
from portico.orders.models import Order


@dataclass(frozen=True, slots=True)
class LicenseGrant:
    """A key is due. ``license.grant_key`` is the same at every attempt for the same key.

    ``attempt`` counts from 1. ``settings`` are the product's, of the model that the plugin's
    ``license_settings`` names. ``replaces`` is the key this one takes the place of.
    """

    license: License
    product: Product
    customer: Customer
    order: Order | None
    settings: PluginSettings
    attempt: int = 1
    replaces: License | None = None


@dataclass(frozen=True, slots=True)
class IssuedLicense:
    """A key, and what the plugin wants back with it next time."""

    key: str
    expires_at: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


class LicenseHooks:
    """An issuer of license keys. A key remembers which plugin issued it."""

    @contribution
    def license_settings(self) -> type[PluginSettings]:
        """What a seller sets per product: format, prefix, expiry..."""
        return PluginSettings

    @owner
    async def issue_license(self, ctx: Context, grant: LicenseGrant) -> IssuedLicense:
        """Make a key. Asked again for the same grant (a crash in between), give the same key or
        one that makes the first worthless; core keeps exactly one."""
        raise NotImplementedError

    @owner
    async def disable_license(self, ctx: Context, license: License) -> None:  # noqa: A002 - its word
        """The key no longer counts: refunded, replaced or switched off by the seller."""
        raise NotImplementedError
