"""Plugins that each make one mistake."""

from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from portico.api import (
    CheckoutHooks,
    Context,
    Customer,
    Data,
    Job,
    LicenseHooks,
    LifecycleHooks,
    Mode,
    Plugin,
    PluginPage,
    PluginSettings,
    PluginTables,
    PortalHooks,
    Request,
    Route,
    hookimpl,
)
from pydantic import BaseModel, SecretStr


async def handler(ctx: Context, request: Request) -> Data:
    return Data({})


def tables(*names: str) -> PluginTables:
    metadata = sa.MetaData()
    for name in names:
        sa.Table(name, metadata, sa.Column("id", sa.Text, primary_key=True))
    return PluginTables(metadata, Path("nowhere"))


class Plain(Plugin):
    name, title = "plain", "Plain"


class Wraps(Plugin, PortalHooks):
    name, title = "wraps", "Wraps"

    @hookimpl(wrapper=True)
    async def portal_navigation(self, ctx: Context, customer: Customer) -> Any: ...


class Unknown(Plugin):
    name, title = "unknown", "Unknown"

    @hookimpl
    async def portal_navigatoin(self, ctx: Context, customer: Customer) -> Any: ...


class Forgotten(Plugin, PortalHooks):
    name, title = "forgotten", "Forgotten"

    async def portal_navigation(self, ctx: Context, customer: Customer) -> Any: ...


class ForgottenBelow(Forgotten):
    name = "forgotten_below"


class PlainAnswer(Plugin, PortalHooks):
    name, title = "plain_answer", "Plain answer"

    @hookimpl
    def portal_navigation(self, ctx: Context, customer: Customer) -> Any:
        return []


class AsyncContribution(Plugin, CheckoutHooks):
    name, title = "async_contribution", "Async"

    @hookimpl
    async def checkout_modes(self) -> Any:
        return [Mode.TEST]


class TooMany(Plugin, PortalHooks):
    name, title = "too_many", "Too many"

    @hookimpl
    async def portal_navigation(self, ctx: Context, customer: Customer, more: int) -> Any: ...


class TooFew(Plugin, PortalHooks):
    name, title = "too_few", "Too few"

    @hookimpl
    async def portal_navigation(self, ctx: Context) -> Any: ...


class BadName(Plugin):
    name, title = "Bad-Name", "Bad"


class NoTitle(Plugin):
    name = "no_title"


class Claims(Plugin):
    name, title, root = "claims", "Claims", "dashboard"


class ClaimsSlash(Plugin):
    name, title, root = "claims_slash", "Claims", "a/b"


class NotSettings(BaseModel):
    word: str = ""


class Settingless(Plugin):
    name, title = "settingless", "Settings"
    Settings = NotSettings  # type: ignore[assignment]  # the mistake


class NeedsHost(PluginSettings):
    host: str


class NoDefault(Plugin):
    name, title, Settings = "no_default", "No default", NeedsHost


class Inner(PluginSettings):
    key: SecretStr = SecretStr("")


class HidesSecret(PluginSettings):
    inner: Inner = Inner()
    keys: ClassVar[int] = 1


class Hides(Plugin):
    name, title, Settings = "hides", "Hides", HidesSecret


class SecretPerProduct(Plugin, LicenseHooks):
    name, title = "per_product", "Per product"

    @hookimpl
    def license_settings(self) -> type[PluginSettings]:
        return Inner


class ForeignTable(Plugin, LifecycleHooks):
    name, title = "foreign", "Foreign"

    @hookimpl
    def tables(self) -> PluginTables:
        return tables("foreign_good", "notes")


class Sign(Plugin, LifecycleHooks):
    name, title = "sign", "Sign"

    @hookimpl
    def tables(self) -> PluginTables:
        return tables("sign_in_attempts")


class TwiceThere(Plugin, LifecycleHooks):
    name, title = "twice", "Twice"

    @hookimpl
    def routes(self) -> list[Route]:
        return [Route("cards/<id>", handler), Route("/cards/<other>", handler)]


class Unreadable(Plugin, LifecycleHooks):
    name, title = "unreadable", "Unreadable"

    @hookimpl
    def routes(self) -> list[Route]:
        return [Route("cards/<nonsense:id>", handler)]


class StoreTwice(Plugin, PortalHooks):
    name, title = "store_twice", "Store twice"

    @hookimpl
    def portal_pages(self) -> list[PluginPage]:
        return [PluginPage("<store>/list", handler)]


class SameJobs(Plugin, LifecycleHooks):
    name, title = "same_jobs", "Jobs"

    @hookimpl
    def jobs(self) -> list[Job]:
        return [Job("sweep", handler), Job("sweep", handler)]  # type: ignore[arg-type]  # unused


class Fails(Plugin, LifecycleHooks):
    name, title = "fails", "Fails"

    @hookimpl
    def jobs(self) -> list[Job]:
        raise RuntimeError("no\nconnection")


class WrongContribution(Plugin, CheckoutHooks):
    name, title = "wrong_contribution", "Wrong"

    @hookimpl
    def checkout_modes(self) -> list[Mode]:
        return ["test"]  # type: ignore[list-item]  # the mistake
