"""No page of the dashboard or the portal reads a large table from end to end."""

from typing import Any

import pytest
from portico.customers import service as customers
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.testing.browser import Browser

from tests.support import scale

SIZES = (1000, 500, 500)
LARGE = 400


@pytest.fixture
def dialect() -> str:
    """What it is about are PostgreSQL's plans; ``make bench`` looks at them with a million."""
    return "postgresql"


async def test_every_page_finds_its_rows_by_an_index(app: Any, tables_url: str) -> None:
    rt = app.extensions["portico"]
    store = (await scale.fill(rt, tables_url, SIZES))[0]
    seller, customer = Browser(app), Browser(app)
    await seller.sign_in(await sellers.invite(rt, store, "s@example.com", Role.OWNER, by="test"))
    buyer = await customers.by_id(rt, store.id, scale.buyer_of(SIZES[0]))
    assert buyer is not None
    await customer.sign_in(buyer)
    shown = 0
    with scale.listening() as found:
        for path, portal in scale.pages(app, store.slug, SIZES[0]):
            browser = customer if portal else seller
            await browser.get(path)
            assert browser.status < 500, path
            shown += browser.status == 200
    assert shown > 50
    async with scale.planner(tables_url, without_scans=True) as connection:
        large = await scale.large_tables(connection, LARGE)
        assert {"orders", "order_items", "payments", "licenses", "emails", "audit_log"} <= large
        assert await scale.scans(connection, found, large) == []
        # And it would have noticed:
        found.seen = {"SELECT 1 FROM orders WHERE locale = $1": ["de"]}
        assert await scale.scans(connection, found, large)
