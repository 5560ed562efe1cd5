"""What plugins add to the seller's dashboard."""

from portico.hooks.context import Context
from portico.hooks.markers import contribution, each
from portico.hooks.pages import NavigationItem, Panel, PanelSlot, PluginPage
from portico.sellers.models import Seller


class DashboardHooks:
    """Pages, menu entries and panels of the dashboard."""

    @contribution
    def dashboard_pages(self) -> list[PluginPage]:
        """Pages of their own; ``PluginPage.role`` is the least role that may open one."""
        return []

    @each
    async def dashboard_navigation(self, ctx: Context, seller: Seller) -> list[NavigationItem]:
        """Menu entries for this seller."""
        return []

    @each
    async def dashboard_panels(self, ctx: Context, slot: PanelSlot) -> list[Panel]:
        """Parts of core's dashboard pages."""
        return []
