"""License keys of several formats, made of random characters."""

from datetime import timedelta

from portico.api import (
    Context,
    IssuedLicense,
    License,
    LicenseGrant,
    LicenseHooks,
    Plugin,
    PluginSettings,
    hookimpl,
)

from portico_licenses.formats import LicenseSettings, new_key


class Licenses(Plugin, LicenseHooks):
    """Issues keys that are shown in the portal. Nothing outside Portico knows of them."""

    name, title = "licenses", "License keys"
    description = "Makes license keys in the format that each product asks for."

    @hookimpl
    def license_settings(self) -> type[PluginSettings]:
        return LicenseSettings

    @hookimpl
    async def issue_license(self, ctx: Context, grant: LicenseGrant) -> IssuedLicense:
        settings = grant.settings
        if not isinstance(settings, LicenseSettings):
            raise TypeError(f"expected LicenseSettings, not {type(settings).__name__}")
        if grant.replaces is not None:
            expires_at = grant.replaces.expires_at  # a new key is no new term
        elif settings.expires_after_days is not None:
            expires_at = ctx.now() + timedelta(days=settings.expires_after_days)
        else:
            expires_at = None
        return IssuedLicense(new_key(settings), expires_at)

    @hookimpl
    async def disable_license(self, ctx: Context, license: License) -> None:  # noqa: A002 - spec
        """Nothing to do: core keeps the key's state, and nobody else knows the key."""


plugin = Licenses()
