"""What plugins add to the customer's portal."""

from portico.customers.models import Customer
from portico.hooks.context import Context
from portico.hooks.markers import contribution, each
from portico.hooks.pages import NavigationItem, Panel, PanelSlot, PluginPage, PortalVisit


class PortalHooks:
    """Pages, menu entries and panels of the portal."""

    @contribution
    def portal_pages(self) -> list[PluginPage]:
        """Pages of their own."""
        return []

    @each
    async def portal_navigation(self, ctx: Context, customer: Customer) -> list[NavigationItem]:
        """Menu entries for this customer; none where there is nothing to see."""
        return []

    @each
    async def portal_footer(self, ctx: Context, visit: PortalVisit) -> list[NavigationItem]:
        """Links in the foot of every page of the portal, for guests as well.

        For a guest they lead to pages with ``guests``.
        """
        return []

    @each
    async def portal_panels(self, ctx: Context, slot: PanelSlot) -> list[Panel]:
        """Parts of core's pages."""
        return []
