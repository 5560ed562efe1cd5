"""What the server holds: objects by kind, newest last, found by id or by what they point to."""

import random
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tests.support.stripe_server.errors import Json, missing

PREFIXES = {
    "balance_transaction": "txn_1", "billing_portal.configuration": "bpc_1",
    "billing_portal.session": "bps_1", "charge": "ch_3", "checkout.session": "cs_test_a1",
    "customer": "cus_", "customer_balance_transaction": "cbtxn_1", "discount": "di_1",
    "dispute": "du_1", "event": "evt_1", "invoice": "in_1", "invoice_payment": "inpay_1",
    "invoiceitem": "ii_1", "item": "li_1", "line_item": "il_1", "payment_intent": "pi_3",
    "payment_link": "plink_1",
    "payment_method": "pm_1", "price": "price_1", "product": "prod_", "promotion_code": "promo_1",
    "refund": "re_3", "setup_intent": "seti_1", "subscription": "sub_1",
    "subscription_item": "si_", "subscription_schedule": "sub_sched_1", "tax_id": "txi_1",
    "tax_rate": "txr_1", "test_helpers.test_clock": "clock_1", "webhook_endpoint": "we_1",
}  # fmt: skip
"""What an id starts with, by kind of object."""

POINTERS = ("customer", "subscription", "invoice", "payment_intent", "charge", "product")
"""Fields by whose value objects are found without looking at all of them."""


def points_to(thing: Json, field: str) -> Any:
    """The id in a field, wherever this kind of object keeps it."""
    if field == "subscription" and thing.get("object") == "invoice":
        details = (thing["parent"] or {}).get("subscription_details") or {}
        return details.get("subscription")
    if field == "payment_intent" and thing.get("object") == "invoice_payment":
        return thing["payment"].get("payment_intent")
    if field == "subscription" and thing.get("object") == "invoiceitem":
        details = (thing["parent"] or {}).get("subscription_details") or {}
        return details.get("subscription")
    return thing.get(field)


class Store:
    """Objects are plain dicts as the API shows them, with ids where they point to each other."""

    def __init__(self) -> None:
        self._kinds: dict[str, dict[str, Json]] = defaultdict(dict)
        self._by_id: dict[str, Json] = {}
        self._pointing: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
        self._indexed: dict[str, dict[str, Any]] = {}
        self._random = random.Random(20261028)
        self.cards: dict[str, str] = {}
        """Card numbers by payment method: what no answer shows, but the tests' cards act by."""
        self.removed: dict[str, str] = {}
        """Ids of what was deleted, with its kind."""

    def new_id(self, kind: str) -> str:
        """An id as Stripe's look."""
        prefix = PREFIXES[kind]
        letters = 14 if prefix in ("cus_", "prod_", "si_") else 23
        return prefix + self.letters(46 if kind == "checkout.session" else letters)

    def letters(self, count: int) -> str:
        """Random letters and digits; the same in every run."""
        text = b64encode(self._random.randbytes(count), b"Qz").decode()
        return text[:count]

    def add(self, thing: Json) -> Json:
        """Keep a new object."""
        self._kinds[thing["object"]][thing["id"]] = thing
        self._by_id[thing["id"]] = thing
        self.touch(thing)
        return thing

    def touch(self, thing: Json) -> None:
        """Note whom a changed object points to now."""
        before = self._indexed.setdefault(thing["id"], {})
        for field in POINTERS:
            value = points_to(thing, field)
            if before.get(field) == value:
                continue
            if before.get(field):
                self._pointing[thing["object"], field, before[field]].pop(thing["id"], None)
            if value:
                self._pointing[thing["object"], field, value][thing["id"]] = None
            before[field] = value

    def remove(self, thing: Json) -> None:
        """Forget an object, but not that it was."""
        for field, value in self._indexed.pop(thing["id"], {}).items():
            if value:
                self._pointing[thing["object"], field, value].pop(thing["id"], None)
        del self._kinds[thing["object"]][thing["id"]]
        del self._by_id[thing["id"]]
        self.removed[thing["id"]] = thing["object"]

    def find(self, identity: str) -> Json | None:
        """Any object by its id."""
        return self._by_id.get(identity)

    def get(self, kind: str, identity: str, param: str = "id", status: int = 400) -> Json:
        """An object that has to be there.

        :raises Problem: ``resource_missing``.
        """
        thing = self._kinds[kind].get(identity)
        if thing is None:
            noun = {"invoiceitem": "invoice item", "payment_method": "PaymentMethod"}.get(
                kind, kind
            )
            raise missing(noun.replace(".", " ").replace("_", " ").replace("test helpers ", ""),
                          identity, param, status)  # fmt: skip
        return thing

    def all(self, kind: str) -> list[Json]:
        """Every object of a kind, oldest first."""
        return list(self._kinds[kind].values())

    def count(self, kind: str) -> int:
        """How many there are of a kind."""
        return len(self._kinds[kind])

    def kinds(self) -> dict[str, int]:
        """How many there are of each kind."""
        return {kind: len(held) for kind, held in self._kinds.items() if held}

    def pointing(self, kind: str, field: str, value: str) -> list[Json]:
        """Objects of a kind that point to this id, oldest first."""
        held = self._kinds[kind]
        return [held[one] for one in self._pointing.get((kind, field, value), ())]

    def first(self, things: Iterable[Json]) -> Json | None:
        """The first of some, None of none."""
        return next(iter(things), None)
