"""A plugin that has something of everything, and one of the installation's scope."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portico.api import (
    Context,
    Customer,
    Data,
    InvalidSettings,
    Job,
    LifecycleHooks,
    NavigationItem,
    Plugin,
    PluginPage,
    PluginSettings,
    PortalHooks,
    Refused,
    Request,
    Route,
    Scope,
    SeeOther,
    SettingsChange,
    hookimpl,
)
from portico.hooks.pages import Answer, Body
from pydantic import Field, SecretStr


class EverythingSettings(PluginSettings):
    host: str = "localhost"
    port: int = Field(25, gt=0)
    password: SecretStr = SecretStr("")
    token: SecretStr | None = None


class Everything(Plugin, PortalHooks, LifecycleHooks):
    name, title, Settings = "everything", "Everything", EverythingSettings

    @hookimpl
    async def portal_navigation(self, ctx: Context, customer: Customer) -> list[NavigationItem]:
        return [NavigationItem("Everything", "page")]

    @hookimpl
    def portal_pages(self) -> list[PluginPage]:
        return [PluginPage("page/<word>", self.show, frozenset({"GET", "POST"}))]

    @hookimpl
    def routes(self) -> list[Route]:
        return [
            Route("open", self.show),
            Route("<store>/shown/<word>", self.show, frozenset({"GET", "POST"})),
            Route("<store>/machine", self.show, frozenset({"POST"}), machine=True),
            Route("<store>/frame", self.frame),
            Route("<store>/away", self.away),
        ]

    @hookimpl
    def jobs(self) -> list[Job]:
        return [Job("sweep", self.sweep, every=timedelta(hours=1))]

    @hookimpl
    async def validate_settings(self, ctx: Context, change: SettingsChange) -> None:
        assert isinstance(change.new, EverythingSettings)
        assert ctx.settings(EverythingSettings) == change.new
        if change.new.host == "nowhere":
            raise InvalidSettings({"host": "There is no such server."})

    async def show(self, ctx: Context, request: Request) -> Answer:
        return Data(
            {
                "store": ctx.store.slug if ctx.store else None,
                "params": dict(request.params),
                "query": dict(request.query),
                "form": dict(request.form),
                "body": request.body.decode(),
                "cookie": request.headers.get("cookie"),
                "customer": request.customer.email if request.customer else None,
            },
            headers={"Set-Cookie": "stolen=1", "X-Own": "yes"},
        )

    async def frame(self, ctx: Context, request: Request) -> Answer:
        return Body(b"<script>alert(1)</script>", "text/html", frame=True)

    async def away(self, ctx: Context, request: Request) -> Answer:
        return SeeOther(request.query["to"])

    async def sweep(self, ctx: Context, payload: Mapping[str, Any]) -> None:
        raise Refused("never asked here")


class Always(Plugin, PortalHooks):
    name, title, scope = "always", "Always", Scope.INSTALLATION

    @hookimpl
    async def portal_navigation(self, ctx: Context, customer: Customer) -> list[NavigationItem]:
        return [NavigationItem("Always", "/")]
