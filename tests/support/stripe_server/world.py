"""All that the server knows, and the ways to change it that several resources share.

The server is one process with one thread, and nothing that reads and changes the world awaits in
between. So a request is atomic without a lock.
"""

import copy
import time
from dataclasses import dataclass, field
from typing import Any

from tests.support.stripe_server import shapes
from tests.support.stripe_server.errors import Json
from tests.support.stripe_server.outbox import Outbox
from tests.support.stripe_server.store import Store

DAY = 86400


@dataclass
class Settings:
    """What a seller sets in Stripe's dashboard; the control API changes it."""

    retry_days: list[int] = field(default_factory=lambda: [3, 5, 7])
    """Days from one failed attempt at a renewal to the next."""
    after_retries: str = "canceled"
    """What becomes of the subscription then: canceled, unpaid or past_due."""
    finalize_after: int = 3600
    """Seconds that a renewal's invoice stays a draft."""
    tax_percent: float = 0.0
    """What automatic tax adds, in percent of the price without tax."""
    livemode: bool = False
    """Whether new objects are of the live mode; keys are told apart by their prefix only."""
    portal: bool = True
    """Whether the account has a default configuration of the Billing portal."""


@dataclass
class Cause:
    """The API request that an event comes from; empty for what Stripe does by itself."""

    id: str | None = None
    idempotency_key: str | None = None


class World:
    """Objects, time, settings and the way out for events."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.outbox = Outbox(self)
        self.reset()

    def reset(self) -> None:
        """Begin anew, with nothing."""
        self.outbox.reset()
        self.store = Store()
        self.settings = Settings()
        self.offset = 0
        """Seconds that the global clock is ahead of the real one."""
        self.moment: int | None = None
        """The time that is being lived through, while a clock advances."""
        self.cause = Cause()
        self.decline_next: list[str] = []
        """Decline codes for the next charges, whatever their cards."""
        self.set_up: set[str] = set()
        """Payment methods that their holders have proved once for later payments."""
        self.coupon_products: dict[str, list[str]] = {}
        """The products that a coupon is limited to."""
        self.retries: dict[str, int] = {}
        """Attempts that Stripe made by its plan, by invoice; those on request do not count."""
        self.reminded: set[str] = set()
        """Subscriptions whose trial has been announced to end."""
        self.checkouts: dict[str, Json] = {}
        """What a Checkout Session was made from, beyond what it shows, by its id."""
        self.account = self._account()

    def now(self, customer: str | None = None) -> int:
        """Seconds since 1970, by the customer's test clock where it has one."""
        if self.moment is not None:
            return self.moment
        held = self.store.find(customer) if customer else None
        if held is not None and held.get("test_clock"):
            clock = self.store.get("test_helpers.test_clock", held["test_clock"])
            return int(clock["frozen_time"])
        return int(time.time()) + self.offset

    def new(self, kind: str, owner: str | None = None, /, **values: Any) -> Json:
        """Make and keep an object of a kind, created now by its owner's clock."""
        if "id" not in values:
            values["id"] = self.store.new_id(kind)
        made = shapes.new(kind, **values)
        if "created" in made and "created" not in values:
            made["created"] = self.now(owner or values.get("customer"))
        self.mark(made)
        return self.store.add(made)

    def mark(self, thing: Json) -> None:
        """Say which mode a new object is of."""
        if "livemode" in thing:
            thing["livemode"] = self.settings.livemode

    def tax_rate(self) -> Json:
        """The rate that automatic tax applies."""
        for rate in self.store.all("tax_rate"):
            if rate["percentage"] == self.settings.tax_percent:
                return rate
        return self.new("tax_rate", active=True, display_name="VAT", country="DE", inclusive=False,
                        percentage=self.settings.tax_percent, tax_type="vat", metadata={},
                        effective_percentage=self.settings.tax_percent)  # fmt: skip

    def emit(self, event: str, thing: Json, previous: Json | None = None) -> None:
        """Record an event about an object, as it is now, and send it to who wants it."""
        self.outbox.emit(event, thing, previous)

    def change(self, thing: Json, event: str | None, **values: Any) -> Json:
        """Set fields of an object, and say so with what they were before, if any differs."""
        before = {key: copy.deepcopy(thing[key]) for key, value in values.items()
                  if thing[key] != value}  # fmt: skip
        thing.update(values)
        self.store.touch(thing)
        if event and before:
            self.emit(event, thing, before)
        return thing

    def _account(self) -> Json:
        address = {"city": "Berlin", "country": "DE", "line1": "Testweg 1", "line2": None,
                   "postal_code": "10115", "state": None}  # fmt: skip
        return shapes.new(
            "account", id="acct_1Portico000000000", country="DE", default_currency="eur",
            email="seller@example.com", charges_enabled=True, payouts_enabled=True,
            details_submitted=True, type="standard", metadata={}, created=self.now(),
            business_profile={"name": "Test Shop", "support_address": address, "mcc": None,
                              "support_email": "help@example.com", "support_phone": None,
                              "support_url": None, "url": "https://example.com"},
            settings={"dashboard": {"display_name": "Test Shop", "timezone": "Europe/Berlin"},
                      "branding": {"icon": None, "logo": None, "primary_color": None,
                                   "secondary_color": None},
                      "card_payments": {"statement_descriptor_prefix": None,
                                        "statement_descriptor_prefix_kana": None,
                                        "statement_descriptor_prefix_kanji": None},
                      "payments": {"statement_descriptor": "TEST SHOP",
                                   "statement_descriptor_kana": None,
                                   "statement_descriptor_kanji": None}},
        )  # fmt: skip
