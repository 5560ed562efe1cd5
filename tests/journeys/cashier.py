"""The pages where money is taken: each provider's own. What a person does there, and what came
of it on the provider's side."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import stripe
from playwright.sync_api import Page, expect
from portico_payments_stripe.webhooks import EVENTS

from tests.support.processes import Demo
from tests.support.sellers import sign_in
from tests.support.stripe import StripeServer

CARD = {"cc-number": "4242424242424242", "cc-exp": "12 / 34", "cc-csc": "123"}
GOOD = CARD["cc-number"]
ASKS = "4000002500003155"
"""Its bank asks its owner (3-D Secure)."""


@dataclass(frozen=True)
class Held:
    """A subscription in the provider's books. ``leaving``: it is going to end, for ``reason``."""

    status: str
    interval: str
    paused: bool
    leaving: bool
    reason: str | None
    comment: str | None


class Cashier:
    """The sandbox's page; its books are tables of the installation."""

    def pay(self, page: Page, card: str = GOOD) -> None:
        """Fill in a card and send it."""
        for purpose, value in (CARD | {"cc-number": card}).items():
            page.locator(f"input[autocomplete='{purpose}']").fill(value)
        page.locator("form[method=post] button[type=submit]").first.click()

    def confirm(self, page: Page) -> None:
        """The bank asks; say yes."""
        page.locator("button[name=step][value=approve]").click()

    def held(self, demo: Demo, name: str) -> Held:
        """What the books say of the subscription of that name."""
        found = look_up(
            demo,
            f"""
            SELECT status, interval, paused, cancel_at IS NOT NULL,
                (SELECT reason FROM cancellations ORDER BY created_at DESC LIMIT 1),
                (SELECT comment FROM cancellations ORDER BY created_at DESC LIMIT 1)
            FROM payments_sandbox_subscriptions WHERE description = '{name}'
        """,
        )
        return Held(found[0], found[1], bool(found[2]), bool(found[3]), found[4], found[5])

    def next_renewal_fails(self, demo: Demo, name: str) -> None:
        """A period ends, and the next one is not paid: here because the card's bank asks."""
        sql = f"SELECT id FROM payments_sandbox_subscriptions WHERE description = '{name}'"
        demo.command("payments_sandbox", "renew", look_up(demo, sql)[0], "--store", "demo")


@dataclass
class Stripe(Cashier):
    """Stripe's hosted pages, on the server of ours."""

    server: StripeServer
    api: stripe.StripeClient = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.api = self.server.library()

    def pay(self, page: Page, card: str = GOOD) -> None:
        another = page.locator("input[name=method][value=new]")
        if another.count():
            another.check()
        super().pay(page, card)

    def confirm(self, page: Page) -> None:
        page.locator("button[name=outcome][value=complete]").click()
        expect(page.get_by_text("paid", exact=True)).to_be_visible()  # back at the invoice

    def held(self, demo: Demo, name: str) -> Held:
        (one,) = self._subscriptions(name)
        price, told = one["items"]["data"][0]["price"], one["cancellation_details"]
        return Held(
            one["status"], price["recurring"]["interval"], one["pause_collection"] is not None,
            one["cancel_at_period_end"], told["feedback"], told["comment"],
        )  # fmt: skip

    def has(self, what: str, **fields: Any) -> None:
        """One object of the kind has these fields at Stripe."""
        held = self.server.control("objects", kind=what)
        found = [one for one in held if all(one[name] == fields[name] for name in fields)]
        assert found, f"no {what} with {fields}: {held[-3:]}"

    def connect(self, demo: Demo, page: Page) -> None:
        """What a seller does: an endpoint at Stripe, the key in the dashboard, Stripe for all."""
        endpoint = self.api.v1.webhook_endpoints.create(
            {"url": f"{demo.base}/hooks/payments_stripe/demo", "enabled_events": list(EVENTS)}  # type: ignore[arg-type]
        )
        sign_in(demo, page, demo.seller)
        page.goto(f"{demo.dashboard}demo/plugins/payments_stripe")
        page.get_by_role("button", name="Switch on").click()
        page.get_by_label("Key for test mode").fill(self.server.key)
        secret = page.get_by_label("Signing secret of a webhook endpoint you made yourself")
        secret.fill(endpoint.secret or "")
        page.get_by_role("button", name="Save changes").click()
        expect(page.get_by_text("Saved.").first).to_be_visible()
        page.goto(f"{demo.dashboard}demo/settings/payments")
        page.get_by_label("For new purchases").select_option("payments_stripe")
        page.get_by_role("button", name="Use this one").click()
        page.goto(f"{demo.dashboard}demo/x/payments_stripe/account")
        expect(page.get_by_text("Test Shop")).to_be_visible()
        expect(page.get_by_text("Stripe sends events here.")).to_be_visible()

    def next_renewal_fails(self, demo: Demo, name: str) -> None:
        """From now on the bank refuses the card that pays; a month goes by."""
        for one in self._subscriptions(name):
            card = self.api.v1.payment_methods.attach(
                "pm_card_chargeCustomerFail", {"customer": one["customer"]}
            )
            self.api.v1.subscriptions.update(one["id"], {"default_payment_method": card.id})
        self.server.control("advance", seconds=32 * 86400)

    def _subscriptions(self, name: str) -> list[dict[str, Any]]:
        held = self.server.control("objects", kind="subscription")
        return [one for one in held if self._name_of(one) == name]

    def _name_of(self, subscription: dict[str, Any]) -> str:
        product = subscription["items"]["data"][0]["price"]["product"]
        return str(self.server.control("object", id=product)["name"])


def look_up(demo: Demo, sql: str) -> tuple[Any, ...]:
    """The one row that a statement finds in the demo's database."""
    if demo.database_url is None:
        (database,) = demo.data_dir.glob("*.db")
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
            return tuple(db.execute(sql).fetchone())
    # Playwright has an event loop in this thread already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _look_up(demo.database_url, sql)).result()


async def _look_up(url: str, sql: str) -> tuple[Any, ...]:
    db = await asyncpg.connect(url)
    try:
        row = await db.fetchrow(sql)
        assert row is not None
        return tuple(row)
    finally:
        await db.close()


def wait_for(page: Page, done: Callable[[], bool], seconds: float = 30) -> None:
    """Look again every half second until it is so."""
    for _ in range(int(seconds * 2)):
        with contextlib.suppress(AssertionError):
            if done():
                return
        page.wait_for_timeout(500)
    raise AssertionError("it did not come")
