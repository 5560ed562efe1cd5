"""The plugin: links to the page, the page, and the seller's list."""

from collections.abc import Mapping
from pathlib import Path

from portico.api import (
    Context,
    DashboardHooks,
    Email,
    EmailHooks,
    EmailText,
    LifecycleHooks,
    NavigationItem,
    OrderKind,
    Panel,
    PanelSlot,
    Plugin,
    PluginPage,
    PluginTables,
    PortalHooks,
    PortalVisit,
    Role,
    Seller,
    hookimpl,
)

from portico_withdrawal_eu import portal, queries, seller, statements, tables, words
from portico_withdrawal_eu.settings import WithdrawalSettings

_BOTH = frozenset({"GET", "POST"})


class WithdrawalEU(Plugin, PortalHooks, DashboardHooks, EmailHooks, LifecycleHooks):
    """Withdrawing from a contract online: Article 11a of Directive 2011/83/EU."""

    name, title = "withdrawal_eu", "Withdrawal (EU)"
    description = "Lets consumers withdraw from a contract online, with an acknowledgement by mail."
    Settings = WithdrawalSettings
    starts_on = False  # who sells to consumers in the EU switches it on

    @hookimpl
    def tables(self) -> PluginTables:
        """The statements."""
        return PluginTables(tables.metadata, Path(__file__).parent / "migrations" / "versions")

    @hookimpl
    def portal_pages(self) -> list[PluginPage]:
        """The consumer's page, for guests as well."""
        return [PluginPage(statements.PAGE, portal.withdraw, _BOTH, guests=True)]

    @hookimpl
    async def portal_footer(self, ctx: Context, visit: PortalVisit) -> list[NavigationItem]:
        """On every page and at all times: when somebody's period ends we cannot know for sure."""
        return [NavigationItem(words.WITHDRAW[words.language(ctx.locale)], statements.PAGE)]

    @hookimpl
    async def portal_panels(self, ctx: Context, slot: PanelSlot) -> list[Panel]:
        """On a purchase within its period."""
        if slot.page != "purchase" or not slot.subject_id:
            return []
        order = await ctx.orders.get(slot.subject_id)
        if order is None or order.kind is not OrderKind.PURCHASE or order.paid_at is None:
            return []
        store_id = ctx.require_store().id
        made = await ctx.db.one(queries.OF_ORDER, store_id=store_id, order_id=order.id)
        until = statements.ends_at(ctx, order)
        if made is None and until <= ctx.now():
            return []
        context = {"made": made, "number": order.number, "page_url": "x/withdrawal_eu/withdraw"}
        return [Panel("withdrawal_eu/purchase.html", context, weight=900)]

    @hookimpl
    def dashboard_pages(self) -> list[PluginPage]:
        """The seller's list."""
        return [PluginPage(statements.SELLERS_PAGE, seller.withdrawals, _BOTH, Role.SUPPORT)]

    @hookimpl
    async def dashboard_navigation(self, ctx: Context, seller: Seller) -> list[NavigationItem]:
        """The way to it."""
        label = words.WITHDRAWALS[words.language(ctx.locale)]
        return [NavigationItem(label, statements.SELLERS_PAGE, icon="undo")]

    @hookimpl
    async def dashboard_panels(self, ctx: Context, slot: PanelSlot) -> list[Panel]:
        """How many are waiting, on the dashboard's first page."""
        store = ctx.require_store()
        count = await ctx.db.one(queries.COUNT_OPEN, store_id=store.id)
        url = ctx.urls.dashboard(f"{store.slug}/x/withdrawal_eu/{statements.SELLERS_PAGE}")
        return [Panel("withdrawal_eu/waiting.html", {"count": count, "url": url})] if count else []

    @hookimpl
    def email_texts(self) -> list[EmailText]:
        """The acknowledgement, and the task for the seller."""
        return words.mail_texts()

    @hookimpl
    async def email_secrets(self, ctx: Context, email: Email) -> Mapping[str, str]:
        """What the mails say, read as they are sent."""
        return await statements.mail_values(ctx, email)
