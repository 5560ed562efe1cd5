"""What core relies on in plugins that add menu entries and panels to the portal."""

from __future__ import annotations

import pytest

from portico.hooks.pages import PanelSlot, PortalVisit
from portico.hooks.portal import PortalHooks
from portico.testing.contracts.base import HooksContract, Shop

PAGES = ("overview", "purchase", "subscription", "downloads", "licenses", "billing", "settings")
SUBJECTS = (None, "ord_unknown")


class PortalHooksContract(HooksContract):
    """A plugin that adds pages, menu entries or panels to the portal."""

    def slots(self, shop: Shop) -> list[PanelSlot]:
        """Every place on the portal's pages, for one customer."""
        return [
            PanelSlot(page, customer=shop.customer, subject_id=subject)
            for page in PAGES
            for subject in (SUBJECTS if page in ("purchase", "subscription") else (None,))
        ]

    async def test_every_place_gets_an_answer(self, shop: Shop) -> None:
        for slot in self.slots(shop):
            replies = await shop.rt.hooks.each(shop.store, PortalHooks.portal_panels, slot)
            asked = shop.rt.registry.names_answering(PortalHooks.portal_panels)
            assert [reply.plugin for reply in replies] == asked, slot.page

    async def test_panels_come_from_the_plugins_own_templates(self, shop: Shop) -> None:
        for slot in self.slots(shop):
            for reply in await shop.rt.hooks.each(shop.store, PortalHooks.portal_panels, slot):
                for panel in reply.value:
                    assert panel.template.startswith(f"{shop.plugin}/"), panel.template

    async def test_menu_entries_lead_to_its_own_pages(self, shop: Shop) -> None:
        pages = shop.rt.registry.contributed(PortalHooks.portal_pages).get(shop.plugin, [])
        paths = {page.path.strip("/") for page in pages}
        replies = await shop.rt.hooks.each(shop.store, PortalHooks.portal_navigation, shop.customer)
        for reply in replies:
            for item in reply.value:
                assert item.label.strip()
                assert item.path.strip("/") in paths, item.path

    async def test_links_in_the_foot_lead_to_pages_that_open(self, shop: Shop) -> None:
        pages = shop.rt.registry.contributed(PortalHooks.portal_pages).get(shop.plugin, [])
        for_guests = {page.path.strip("/"): page.guests for page in pages}
        for customer in (shop.customer, None):
            visit = PortalVisit(customer)
            for reply in await shop.rt.hooks.each(shop.store, PortalHooks.portal_footer, visit):
                for item in reply.value:
                    assert item.label.strip()
                    assert item.path.strip("/") in for_guests, item.path
                    assert customer or for_guests[item.path.strip("/")], item.path

    async def test_its_pages_ask_a_stranger_to_sign_in(self, shop: Shop, client: object) -> None:
        from quart.typing import TestClientProtocol  # noqa: PLC0415 - pytest's start

        browser: TestClientProtocol = client  # type: ignore[assignment]  # the fixture's type
        pages = shop.rt.registry.contributed(PortalHooks.portal_pages).get(shop.plugin, [])
        for page in pages:
            if "<" in page.path or "GET" not in page.methods:
                continue
            path = f"/p/{shop.store.slug}/x/{shop.plugin}/{page.path.lstrip('/')}"
            response = await browser.get(path)
            if page.guests:
                assert response.status_code == 200
                continue
            assert response.status_code == 302
            assert "/sign-in" in response.headers["Location"]

    async def test_switched_off_it_adds_nothing(self, shop: Shop) -> None:
        from portico.activation import service as activation  # noqa: PLC0415

        if shop.rt.registry.plugins[shop.plugin].always_on:
            pytest.skip("a plugin of the installation's scope is never off")
        await activation.disable(shop.rt, shop.store, shop.plugin, by="test")
        for slot in self.slots(shop):
            assert await shop.rt.hooks.each(shop.store, PortalHooks.portal_panels, slot) == []
        hooks = shop.rt.hooks
        assert await hooks.each(shop.store, PortalHooks.portal_navigation, shop.customer) == []
