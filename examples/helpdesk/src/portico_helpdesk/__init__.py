"""Example: pages, panels, routes, commands and jobs."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer
from portico.api import (
    Answer,
    Context,
    Customer,
    DashboardHooks,
    Data,
    Event,
    EventHooks,
    EventType,
    HealthCheck,
    HealthReport,
    InvalidSettings,
    Job,
    LifecycleHooks,
    NavigationItem,
    NotFound,
    Page,
    Panel,
    PanelSlot,
    Plugin,
    PluginPage,
    PluginSettings,
    PluginTables,
    PortalHooks,
    Request,
    Role,
    Route,
    SeeOther,
    Seller,
    SettingsChange,
    hookimpl,
    new_id,
    run_in_store,
)
from pydantic import Field

from portico_helpdesk import tables

LONGEST = 2000


class HelpdeskSettings(PluginSettings):
    """Shown to the seller as a form."""

    opens: int = Field(9, ge=0, le=23, title="Opens at", description="hour of the day, UTC")
    closes: int = Field(17, ge=1, le=24, title="Closes at", description="hour of the day, UTC")


class Helpdesk(Plugin, PortalHooks, DashboardHooks, EventHooks, LifecycleHooks):
    """Customers ask about an order; the seller answers and closes the question."""

    name, title, Settings = "helpdesk", "Help desk", HelpdeskSettings
    starts_on = False  # an example: off in new stores

    # The portal

    @hookimpl
    def portal_pages(self) -> list[PluginPage]:
        return [PluginPage("questions", self.questions, frozenset({"GET", "POST"}))]

    @hookimpl
    async def portal_navigation(self, ctx: Context, customer: Customer) -> list[NavigationItem]:
        key = {"store_id": customer.store_id, "customer_id": customer.id}
        asked = await ctx.db.all(tables.of_customer, **key)
        return [NavigationItem("Questions", "questions", icon="help")] if asked else []

    @hookimpl
    async def portal_panels(self, ctx: Context, slot: PanelSlot) -> list[Panel]:
        if slot.page != "purchase" or slot.subject_id is None:
            return []
        return [Panel("helpdesk/ask.html", {"order_id": slot.subject_id, "longest": LONGEST})]

    async def questions(self, ctx: Context, request: Request) -> Answer:
        """The customer's questions; POST asks one about an order of theirs."""
        customer = request.customer
        assert customer is not None  # core lets nobody else in
        if request.method == "POST":
            order = await ctx.orders.get(request.form.get("order_id", ""))
            if order is None or order.customer_id != customer.id:
                return NotFound()
            text = request.form.get("text", "").strip()[:LONGEST]
            if text:
                await ctx.db.run(
                    tables.insert, id=new_id("que"), store_id=customer.store_id,
                    customer_id=customer.id, order_id=order.id, text=text, asked_at=ctx.now(),
                )  # fmt: skip
            return SeeOther(ctx.urls.portal("x/helpdesk/questions"))
        key = {"store_id": customer.store_id, "customer_id": customer.id}
        asked = await ctx.db.all(tables.of_customer, **key)
        return Page("helpdesk/questions.html", "Questions", {"questions": asked})

    # The dashboard

    @hookimpl
    def dashboard_pages(self) -> list[PluginPage]:
        both = frozenset({"GET", "POST"})
        return [PluginPage("open", self.open_questions, both, Role.SUPPORT)]

    @hookimpl
    async def dashboard_navigation(self, ctx: Context, seller: Seller) -> list[NavigationItem]:
        return [NavigationItem("Questions", "open", icon="help")]

    @hookimpl
    async def dashboard_panels(self, ctx: Context, slot: PanelSlot) -> list[Panel]:
        waiting = await ctx.db.all(tables.open_in_store, store_id=ctx.require_store().id)
        return [Panel("helpdesk/waiting.html", {"count": len(waiting)})] if waiting else []

    async def open_questions(self, ctx: Context, request: Request) -> Answer:
        """The open questions of the store; POST closes one."""
        store = ctx.require_store()
        if request.method == "POST":
            question = request.form.get("question_id", "")
            await ctx.db.run(
                tables.close, store_id=store.id, question_id=question, closed_at=ctx.now()
            )
            return SeeOther(ctx.urls.dashboard(f"{store.slug}/x/helpdesk/open"))
        waiting = await ctx.db.all(tables.open_in_store, store_id=store.id)
        return Page("helpdesk/open.html", "Open questions", {"questions": waiting})

    # What happens elsewhere

    @hookimpl
    async def on_event(self, ctx: Context, event: Event) -> None:
        if event.type is EventType.ORDER_REFUNDED:
            await ctx.db.run(
                tables.close_of_order, store_id=event.store_id, of_order=event.subject_id,
                closed_at=ctx.now(),
            )  # fmt: skip

    # What the plugin brings

    @hookimpl
    def tables(self) -> PluginTables:
        return PluginTables(tables.metadata, Path(__file__).parent / "migrations")

    @hookimpl
    def routes(self) -> list[Route]:
        return [Route("<store>/hours", self.hours)]

    async def hours(self, ctx: Context, request: Request) -> Answer:
        """When somebody is there, for the seller's own site to show."""
        settings = ctx.settings(HelpdeskSettings)
        is_open = settings.opens <= ctx.now().hour < settings.closes
        return Data({"opens": settings.opens, "closes": settings.closes, "open": is_open})

    @hookimpl
    def jobs(self) -> list[Job]:
        return [Job("forget", self.forget, every=timedelta(days=1))]

    async def forget(self, ctx: Context, payload: Mapping[str, Any]) -> None:
        """Questions that were closed a year ago are deleted."""
        await ctx.db.run(
            tables.forget, store_id=ctx.require_store().id,
            closed_before=ctx.now() - timedelta(days=365),
        )  # fmt: skip

    @hookimpl
    def commands(self) -> typer.Typer:
        app = typer.Typer(help="The help desk.", no_args_is_help=True)

        @app.callback()
        def group() -> None:
            """Keeps `list` a sub-command although it is the only one."""

        @app.command("list")
        def list_open(store: str) -> None:
            """Print the open questions of a store."""

            async def work(ctx: Context) -> None:
                store_id = ctx.require_store().id
                for question in await ctx.db.all(tables.open_in_store, store_id=store_id):
                    typer.echo(f"{question.asked_at:%Y-%m-%d} {question.text}")

            run_in_store("helpdesk", store, work)

        return app

    @hookimpl
    async def validate_settings(self, ctx: Context, change: SettingsChange) -> None:
        new = change.new
        assert isinstance(new, HelpdeskSettings)
        if new.closes <= new.opens:
            raise InvalidSettings({"closes": "must be later than the hour it opens"})

    @hookimpl
    async def check_health(self, ctx: Context, check: HealthCheck) -> list[HealthReport]:
        waiting = await ctx.db.all(tables.open_in_store, store_id=ctx.require_store().id)
        late = [q for q in waiting if ctx.now() - q.asked_at > timedelta(days=7)]
        return [HealthReport(
            f"{len(late)} questions are older than a week", not late, "answer them"
        )]  # fmt: skip


plugin = Helpdesk()
