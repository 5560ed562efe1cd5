"""The pages where money is taken: each provider's own. What a person does there, and what came
of it on the provider's side."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import stripe
from playwright.sync_api import Page, expect
from portico_payments_stripe.webhooks import EVENTS

from tests.support.processes import Demo
from tests.support.sellers import sign_in
from tests.support.stripe import StripeServer

CARD = {"cc-number": "4242424242424242", "cc-exp": "12 / 34", "cc-csc": "123"}
GOOD = CARD["cc-number"]


class Cashier:
    """The sandbox's page; its books are the installation's own."""

    def pay(self, page: Page, card: str = GOOD) -> None:
        """Fill in a card and send it."""
        for purpose, value in (CARD | {"cc-number": card}).items():
            page.locator(f"input[autocomplete='{purpose}']").fill(value)
        page.locator("form[method=post] button[type=submit]").first.click()

    def has(self, what: str, **fields: Any) -> None:
        """The provider's own books say so too; the sandbox has no others than ours."""


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

    def has(self, what: str, **fields: Any) -> None:
        """One object of the kind has these fields at Stripe."""
        held = self.server.control("objects", kind=what)
        found = [one for one in held if all(one[name] == fields[name] for name in fields)]
        assert found, f"no {what} with {fields}: {held[-3:]}"

    def connect(self, demo: Demo, page: Page) -> None:
        """What a seller does: an endpoint at Stripe, the key in the dashboard, Stripe for all."""
        endpoint = self.api.v1.webhook_endpoints.create(
            {"url": f"{demo.base}/hooks/payments_stripe/demo", "enabled_events": list(EVENTS)}  # type: ignore[typeddict-item]
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

    def next_renewal_fails(self, product: str) -> None:
        """From now on the bank refuses the card that pays ``product``; a month goes by."""
        for one in self.server.control("objects", kind="subscription"):
            price = one["items"]["data"][0]["price"]
            if self._name(price["product"]) == product:
                card = self.api.v1.payment_methods.attach(
                    "pm_card_chargeCustomerFail", {"customer": one["customer"]}
                )
                self.api.v1.subscriptions.update(one["id"], {"default_payment_method": card.id})
        self.server.control("advance", seconds=32 * 86400)

    def _name(self, product: str) -> str:
        return str(self.server.control("object", id=product)["name"])


def wait_for(page: Page, done: Callable[[], bool], seconds: float = 30) -> None:
    """Look again every half second until it is so."""
    for _ in range(int(seconds * 2)):
        with contextlib.suppress(AssertionError):
            if done():
                return
        page.wait_for_timeout(500)
    raise AssertionError("it did not come")
