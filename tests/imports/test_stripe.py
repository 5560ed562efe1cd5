"""Show: a Stripe business is imported, killed in the middle and resumed: the sheet balances.

``PORTICO_TEST_IMPORT_CUSTOMERS=10000`` makes it as large as the issue asks for.
"""

import os
import time
from collections import Counter
from typing import Any

import sqlalchemy as sa
from portico.customers.models import Customer
from portico.customers.tables import customers
from portico.db import Query
from portico.emails.tables import emails
from portico.events.models import Delivery
from portico.events.tables import outbox
from portico.licenses.tables import licenses
from portico.orders.models import Order, OrderState
from portico.orders.tables import order_items, orders, payments, refunds
from portico.subscriptions.models import Subscription
from portico.subscriptions.tables import subscriptions

from tests.imports.conftest import Takeover

CUSTOMERS = int(os.environ.get("PORTICO_TEST_IMPORT_CUSTOMERS", "240"))
MOST_MEGABYTES = 250
"""However large the account: pages come and go."""
ORDERS = Query(Order, sa.select(orders))
SUBSCRIPTIONS = Query(Subscription, sa.select(subscriptions))
PEOPLE = Query(Customer, sa.select(customers))
DELIVERIES = Query(
    Delivery,
    sa.select(outbox).where(outbox.c.kind.not_in(["housekeeping", "job", "card_expiring"])),
)


def count(table: sa.Table) -> Query[int]:
    return Query(int, sa.select(sa.func.count()).select_from(table))


TABLES = (customers, orders, order_items, payments, refunds, subscriptions)


def kill_in(takeover: Takeover, path: str, *, pages: int) -> None:
    """Kill the import while it waits for Stripe's answer, some pages into a list."""
    takeover.stripe.control("reset-calls")
    takeover.stripe.control("fault", kind="delay", path=path, seconds=4, skip=pages, times=1)
    process = takeover.start()
    deadline = time.monotonic() + 600
    while takeover.stripe.control("calls")["by_path"].get(f"GET {path}", 0) <= pages:
        assert process.running is not None and process.running.poll() is None, (
            process.log.read_text()
        )
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    takeover.stripe.control("clear-faults")


def lines(sheet: dict[str, Any], what: str) -> dict[str, Any]:
    (line,) = [one for one in sheet["lines"] if one["what"] == what]
    return dict(line)


def test_an_import_that_is_killed_and_resumed_ends_with_a_sheet_that_balances(
    takeover: Takeover,
) -> None:
    there = takeover.stripe.control(
        "bulk", customers=CUSTOMERS, subscriptions=CUSTOMERS * 3 // 2, purchases=CUSTOMERS // 10
    )
    kill_in(takeover, "/v1/customers", pages=CUSTOMERS // 200)
    kill_in(takeover, "/v1/invoices", pages=CUSTOMERS * 3 // 400)
    assert takeover.sheet()["balances"] is False, "half an import must not look like a whole one"
    sheet = takeover.to_the_end()
    took = f"{takeover.seconds:.0f} s after the second kill, {takeover.megabytes:.0f} MB"
    print(f"{CUSTOMERS} customers: {took}")
    assert takeover.megabytes < MOST_MEGABYTES

    assert sheet["balances"], sheet
    # What the sheet says of Stripe's side is what Stripe's side says.
    assert lines(sheet, "Customers")["there"] == there["customers"] == CUSTOMERS
    assert lines(sheet, "Subscriptions")["there"] == sum(there["subscriptions"].values())
    assert lines(sheet, "Invoices")["there"] == sum(there["invoices"].values())
    assert lines(sheet, "Charges")["here"] == there["charges"]
    assert lines(sheet, "Charges")["here_sum"] == there["charged"]
    assert lines(sheet, "Refunds")["here_sum"] == there["refunded"] > 0

    # What it says of Portico's side is what the tables say.
    assert len(takeover.all(PEOPLE)) == there["emails"] < CUSTOMERS
    never = {"incomplete": 0, "incomplete_expired": 0} | there["subscriptions"]
    states = Counter(one.status.value for one in takeover.all(SUBSCRIPTIONS))
    assert states == {
        status: number
        for status, number in there["subscriptions"].items()
        if not status.startswith("incomplete")
    }
    assert lines(sheet, "Subscriptions")["left_out"] == (
        never["incomplete"] + never["incomplete_expired"]
    )
    paid = [one for one in takeover.all(ORDERS) if one.paid_at is not None]
    assert sum(one.total for one in paid) == there["charged"]
    assert sum(one.refunded for one in paid) == there["refunded"]
    assert {OrderState.REFUNDED, OrderState.PARTIALLY_REFUNDED} < {one.state for one in paid}

    # Nobody is told, no key is made, and once more finds nothing new.
    assert takeover.all(count(emails)) == takeover.all(count(licenses)) == [0]
    assert takeover.all(DELIVERIES) == []
    before = [takeover.all(count(table)) for table in TABLES]
    again = takeover.to_the_end()
    assert again["balances"] and again["lines"] == sheet["lines"]
    assert [takeover.all(count(table)) for table in TABLES] == before
