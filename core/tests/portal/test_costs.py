"""How many statements a page costs, whatever there is to show."""

from datetime import timedelta

import pytest
from portal_plugins import Issuer, Provider
from portal_rows import NOW

PAGES = (
    "", "purchases", "purchases/{order}", "purchases/{order}/invoice", "subscriptions",
    "subscriptions/{subscription}", "subscriptions/{subscription}/cancel", "downloads", "licenses",
    "licenses/{license}/replace", "billing", "billing?year=2026",
)  # fmt: skip


@pytest.fixture
def portico_plugins():
    return (Provider(), Issuer())


def much(rows, customer):
    """50 orders, 200 keys, 20 files with versions, subscriptions and payment methods."""
    rows.plugin("payments_sandbox")
    rows.plugin("licenses")
    products = [rows.product(f"Product {i}") for i in range(20)]
    for product in products:
        rows.file(product, "File", 3)
    licenses = []
    for i in range(50):
        product = products[i % 20]
        order = rows.order(customer, product, created_at=NOW - timedelta(days=i))
        licenses += [rows.license(customer, product, order) for _ in range(4)]
    for product in products[:5]:
        subscription = rows.subscription(
            customer, product, payment_method_id=rows.method(customer, is_default=False)
        )
    return {"order": order, "license": licenses[0], "subscription": subscription}


async def test_a_page_costs_the_visit_and_one_statement_the_overview_only_one(
    rows, customer, sign_in, statements
):
    ids = much(rows, customer)
    browser = await sign_in(rows, customer)
    for path in ("billing", ""):  # the store's plugins and products are read once in a process
        await browser.get(path)
    for path in PAGES:
        with statements() as ran:
            await browser.get(path.format(**ids))
        assert len(ran) == (2 if path else 1), (path, ran)
