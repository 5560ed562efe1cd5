"""The dashboard's pages as the application has them, with the demo's records in their addresses."""

import re
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page, expect
from portico.app import create_app
from portico.settings import Settings

from tests.support.processes import Demo

SEEN_ELSEWHERE = {
    "sign-in": "before somebody is signed in: test_axe_finds_nothing_at_the_door",
    "sign-in/sent": "as sign-in",
    "sign-in/code": "as sign-in",
    "sign-in/link": "as sign-in",
    "set-up": "as sign-in",
    "<store>/settings": "leads to the first of its pages",
}
NO_PAGES = {
    "<store>/customers/export": "a CSV file",
    "<store>/downloads/export": "a CSV file",
    "<store>/licenses/export": "a CSV file",
    "<store>/orders/export": "a CSV file",
    "<store>/subscriptions/export": "a CSV file",
    "<store>/customers/<customer_id>/data": "a JSON file",
    "<store>/products/<product_id>/versions/<version_id>": "a product's file",
    "<store>/uploads/<upload_id>": "JSON for a script",
    "<store>/invoices/<invoice_id>/pdf": "a PDF file",
    "<store>/x/payments_stripe/import.csv": "a CSV file",
    "<store>/settings/portal/qr.svg": "a picture",
    "<store>/settings/appearance/preview": "a portal page, drawn by a theme: tests/themes",
    "<store>/settings/appearance/preview.css": "a style sheet",
    "<store>/emails/<kind>/frame": "a mail",
}
"""What is no page of the dashboard's own."""
OTHER = "other@example.com"
_RECORDS = {
    "customer_id": "select id from customers where email = 'customer@example.com'",
    "grant_id": "select id from grants where revoked_at is null",
    "email_id": "select id from emails where store_id is not null order by id desc",
    "license_id": "select id from licenses where state = 'active'",
    "order_id": "select id from orders where state = 'paid' order by id desc",
    "product_id": "select product_id from licenses where state = 'active'",
    "file_id": "select f.id from files f join licenses l on l.product_id = f.product_id",
    "seller_id": "select id from sellers where email = 'manager@example.com'",
    "subscription_id": "select id from subscriptions where status = 'active'",
}


def rules(demo: Demo) -> list[str]:
    """Every address of the dashboard that can be opened, below ``/dashboard/``."""
    settings = Settings(
        _env_file=None, data_dir=Path(demo.data_dir), secret_keys=("a" * 40,), demo=True
    )
    return sorted(
        rule.rule.removeprefix("/dashboard/")
        for rule in create_app(settings).url_map.iter_rules()
        if rule.rule.startswith("/dashboard/") and "GET" in (rule.methods or set())
    )


def records(demo: Demo, page: Page) -> dict[str, str]:
    """What the addresses name; a decision about access and an unproven sender are made first."""
    ids = {"store": "demo", "kind": "confirmation", "name": "withdrawal_eu"}
    page.goto(demo.portal + "buy/specimen-book")  # who begins to buy is a customer, to merge with
    page.get_by_label("E-mail").fill(OTHER)
    page.locator("main form .btn.primary").click()
    page.wait_for_url("**/pay/*")
    ids["customer_id"] = _found(demo, {"customer_id": _RECORDS["customer_id"]})["customer_id"]
    page.goto(f"{demo.dashboard}demo/customers/{ids['customer_id']}/access")
    page.get_by_label("Product", exact=True).select_option(index=1)
    page.get_by_label("Reason").fill("A present")
    page.locator("main form button[type=submit], main form .btn.primary").last.click()
    page.wait_for_url(f"**/customers/{ids['customer_id']}")
    return ids | _found(demo, _RECORDS)


def check_domains(demo: Demo, page: Page) -> None:
    """Have something to see about the portal's domain and the sender's."""
    page.goto(f"{demo.dashboard}demo/settings/portal")
    page.get_by_label("Domain").fill("portal.shop.example")
    page.get_by_role("button", name="Save the domain").click()
    page.get_by_role("button", name="Check the domain").click()
    expect(page.get_by_text("Waiting for the DNS")).to_be_visible(timeout=20_000)
    page.goto(f"{demo.dashboard}demo/settings/sender")
    page.get_by_label("E-mail address").fill("shop@example.net")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("Could not be checked")).to_have_count(3, timeout=20_000)


def _found(demo: Demo, wanted: Mapping[str, str]) -> dict[str, str]:
    database = next(Path(demo.data_dir).glob("*.db"))
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        return {name: db.execute(query).fetchone()[0] for name, query in wanted.items()}


def link_to_a_sender(demo: Demo, page: Page) -> str:
    """The link that confirms another address for the store's mails."""
    page.goto(f"{demo.dashboard}demo/settings/sender")
    page.get_by_label("E-mail address").fill("shop@example.net")
    page.get_by_role("button", name="Save").click()
    link = re.search(r"https?://\S+token=[\w-]+", demo.mail("shop@example.net", "")["Text"])
    assert link is not None
    return link[0]


def filled(rule: str, ids: Mapping[str, str]) -> str:
    """The rule with records in it; KeyError for a name that nothing is known of."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: ids[match[1]], rule)
