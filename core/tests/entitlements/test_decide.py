"""Rules of access, by example and by property."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from portico.catalog.models import Interval, Product, ProductState
from portico.entitlements.decide import decide
from portico.entitlements.models import Effect, Entitlement, Grant, Reason
from portico.orders.models import OrderState
from portico.stores.models import Mode
from portico.subscriptions.models import Subscription, SubscriptionStatus

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GRACE = 14


@dataclass(frozen=True)
class Item:
    order_id: str = "ord_1"
    product_id: str = "font"
    mode: Mode = Mode.LIVE
    state: OrderState = OrderState.PAID
    subscription_id: str | None = None
    since: datetime = NOW - 30 * DAY


@dataclass(frozen=True)
class Part:
    bundle_id: str
    product_id: str


def product(product_id: str, *, keeps: bool = False) -> Product:
    return Product(
        "sto", product_id, 1, product_id, product_id, "", ProductState.ACTIVE, keeps, True, None,
        {}, "", NOW,
    )  # fmt: skip


def subscription(**changes: Any) -> Subscription:
    base = Subscription(
        "sto", "sub_1", 1, "cus_1", "club", None, "Club", Mode.LIVE, "pay", "ref",
        SubscriptionStatus.ACTIVE, "EUR", 1200, 1, Interval.MONTH, 1, NOW - 10 * DAY,
        NOW + 20 * DAY, None, None, None, None, None, None, NOW - 70 * DAY, NOW,
    )  # fmt: skip
    return replace(base, **changes)


def manual(effect: Effect, product_id: str = "font", **changes: Any) -> Grant:
    grant = Grant(
        "sto", "grt_1", "cus_1", product_id, effect, "", "seller:1", NOW - DAY, None, None
    )
    return replace(grant, **changes)


def access(
    owned: Any = (),
    subscriptions: Any = (),
    grants: Any = (),
    bundles: Any = (),
    *,
    keeps: bool = False,
    mode: Mode = Mode.LIVE,
) -> dict[str, Entitlement]:
    found = decide(
        NOW, owned=owned, subscriptions=subscriptions, grants=grants, bundles=bundles,
        products=[product("club", keeps=keeps)], grace_days=GRACE, mode=mode,
    )  # fmt: skip
    assert len({one.product_id for one in found}) == len(found)
    return {one.product_id: one for one in found}


def test_a_purchase_lasts_for_ever() -> None:
    font = access([Item()])["font"]
    assert (font.active, font.reason, font.order_id, font.until) == (
        True, Reason.BOUGHT, "ord_1", None,
    )  # fmt: skip


def test_only_a_whole_refund_ends_a_purchase() -> None:
    assert access([Item(state=OrderState.PARTIALLY_REFUNDED)])["font"].active
    gone = access([Item(state=OrderState.REFUNDED)])["font"]
    assert (gone.active, gone.reason) == (False, Reason.REFUNDED)


def test_a_second_purchase_outlives_the_refund_of_the_first() -> None:
    both = access([Item(state=OrderState.REFUNDED), Item("ord_2")])["font"]
    assert (both.active, both.order_id) == (True, "ord_2")


def test_the_order_that_began_a_subscription_gives_nothing_of_its_own() -> None:
    item = Item(product_id="club", subscription_id="sub_1")
    ended = subscription(status=SubscriptionStatus.CANCELED, ended_at=NOW - DAY)
    assert not access([item], [ended])["club"].active


@pytest.mark.parametrize(
    ("changes", "active", "reason", "until"),
    [
        ({}, True, Reason.SUBSCRIBED, None),
        ({"status": SubscriptionStatus.TRIALING}, True, Reason.SUBSCRIBED, None),
        ({"cancel_at": NOW + 5 * DAY}, True, Reason.SUBSCRIBED, NOW + 5 * DAY),
        ({"cancel_at": NOW}, False, Reason.SUBSCRIPTION_ENDED, NOW),
        (
            {"status": SubscriptionStatus.PAST_DUE, "past_due_since": NOW - 13 * DAY},
            True, Reason.SUBSCRIBED, NOW + DAY,
        ),
        (
            {"status": SubscriptionStatus.PAST_DUE, "past_due_since": NOW - 14 * DAY},
            False, Reason.PAYMENT_FAILED, NOW,
        ),
        (
            {"status": SubscriptionStatus.UNPAID, "past_due_since": NOW - DAY},
            False, Reason.PAYMENT_FAILED, NOW - DAY,
        ),
        (
            {"status": SubscriptionStatus.CANCELED, "ended_at": NOW - DAY},
            False, Reason.SUBSCRIPTION_ENDED, NOW - DAY,
        ),
        (
            {"status": SubscriptionStatus.CANCELED},
            True, Reason.SUBSCRIBED, NOW + 20 * DAY,
        ),
    ],
)  # fmt: skip
def test_a_subscription_gives_access_by_its_status(
    changes: dict[str, Any], active: bool, reason: Reason, until: datetime | None
) -> None:
    club = access([], [subscription(**changes)])["club"]
    assert (club.active, club.reason, club.until) == (active, reason, until)


def test_a_subscription_that_was_never_begun_gives_nothing() -> None:
    assert access([], [subscription(status=SubscriptionStatus.INCOMPLETE)]) == {}


def test_files_may_stay_after_cancellation_but_not_after_a_mere_trial() -> None:
    ended = subscription(status=SubscriptionStatus.CANCELED, ended_at=NOW - DAY)
    kept = access([], [ended], keeps=True)["club"]
    assert (kept.active, kept.reason, kept.until) == (True, Reason.AFTER_CANCELLATION, None)
    trial = replace(ended, trial_end=NOW - DAY)
    assert not access([], [trial], keeps=True)["club"].active


def test_a_bundle_gives_what_is_in_it() -> None:
    parts = [Part("all", "font"), Part("all", "book")]
    found = access([Item(product_id="all")], bundles=parts)
    assert {name: one.reason for name, one in found.items()} == {
        "all": Reason.BOUGHT, "font": Reason.IN_BUNDLE, "book": Reason.IN_BUNDLE,
    }  # fmt: skip


def test_a_withdrawn_bundle_leaves_what_was_bought_alone() -> None:
    parts = [Part("all", "font"), Part("all", "book")]
    found = access(
        [Item(product_id="all"), Item("ord_2")], grants=[manual(Effect.WITHDRAW, "all")],
        bundles=parts,
    )  # fmt: skip
    assert (found["font"].active, found["font"].order_id) == (True, "ord_2")
    assert (found["book"].active, found["book"].reason) == (False, Reason.WITHDRAWN)


def test_a_bundle_that_contains_itself_is_no_trap() -> None:
    parts = [Part("all", "font"), Part("font", "all")]
    assert access([Item(product_id="all")], bundles=parts)["font"].active


def test_the_latest_decision_of_the_seller_wins() -> None:
    taken = manual(Effect.WITHDRAW, created_at=NOW - 2 * DAY)
    given = manual(Effect.GRANT, id="grt_2")
    assert access([Item()], grants=[given, taken])["font"].active
    later = replace(taken, created_at=NOW)
    assert access([Item()], grants=[given, later])["font"].reason is Reason.WITHDRAWN


def test_a_decision_that_ended_or_was_revoked_counts_no_more() -> None:
    ended = manual(Effect.WITHDRAW, ends_at=NOW)
    revoked = manual(Effect.WITHDRAW, revoked_at=NOW)
    assert access([Item()], grants=[ended, revoked])["font"].reason is Reason.BOUGHT


def test_a_grant_with_an_end_does_not_shorten_a_purchase() -> None:
    given = manual(Effect.GRANT, ends_at=NOW + DAY)
    assert access([Item()], grants=[given])["font"].until is None
    assert access([], grants=[given])["font"].until == NOW + DAY


def test_test_purchases_count_only_while_the_store_is_in_test_mode() -> None:
    item, live = Item(mode=Mode.TEST), Item("ord_2", "book", Mode.LIVE)
    assert set(access([item, live], mode=Mode.LIVE)) == {"book"}
    assert set(access([item, live], mode=Mode.TEST)) == {"font", "book"}


PRODUCTS = st.sampled_from(["font", "book", "club", "all", "more"])
TIMES = st.integers(-60, 60).map(lambda days: NOW + days * DAY)
MAYBE = st.none() | TIMES
ITEMS = st.builds(
    Item,
    order_id=st.text("abc", min_size=1, max_size=3),
    product_id=PRODUCTS,
    mode=st.sampled_from(Mode),
    state=st.sampled_from([OrderState.PAID, OrderState.PARTIALLY_REFUNDED, OrderState.REFUNDED]),
    since=TIMES,
)
SUBSCRIPTIONS = st.builds(
    subscription,
    product_id=PRODUCTS,
    mode=st.sampled_from(Mode),
    status=st.sampled_from(SubscriptionStatus),
    trial_end=MAYBE,
    cancel_at=MAYBE,
    ended_at=MAYBE,
    past_due_since=MAYBE,
)
GRANTS = st.builds(
    manual, st.sampled_from(Effect), PRODUCTS, created_at=TIMES, ends_at=MAYBE, revoked_at=MAYBE
)
PARTS = st.builds(Part, PRODUCTS, PRODUCTS)
WORLDS = st.fixed_dictionaries(
    {
        "owned": st.lists(ITEMS, max_size=4),
        "subscriptions": st.lists(SUBSCRIPTIONS, max_size=3),
        "grants": st.lists(GRANTS, max_size=4),
        "bundles": st.lists(PARTS, max_size=4),
        "keeps": st.booleans(),
        "mode": st.sampled_from(Mode),
    }
)
World = dict[str, Any]


def active(world: World) -> set[str]:
    return {name for name, one in access(**world).items() if one.active}


@given(WORLDS, ITEMS)
def test_another_order_never_removes_access(world: World, item: Item) -> None:
    assert active(world) <= active(world | {"owned": [*world["owned"], item]})


@given(WORLDS, SUBSCRIPTIONS)
def test_another_subscription_never_removes_access(world: World, extra: Subscription) -> None:
    assert active(world) <= active(world | {"subscriptions": [*world["subscriptions"], extra]})


@given(WORLDS, st.integers(0, 3))
def test_a_refund_never_increases_access(world: World, index: int) -> None:
    refunded = [
        replace(item, state=OrderState.REFUNDED) if place == index else item
        for place, item in enumerate(world["owned"])
    ]
    assert active(world | {"owned": refunded}) <= active(world)


@given(WORLDS, PRODUCTS)
def test_a_later_withdrawal_always_wins(world: World, name: str) -> None:
    taken = manual(Effect.WITHDRAW, name, created_at=NOW + 100 * DAY)
    found = access(**world | {"grants": [*world["grants"], taken]})[name]
    assert (found.active, found.reason) == (False, Reason.WITHDRAWN)


@given(WORLDS, PRODUCTS)
def test_a_later_grant_always_gives(world: World, name: str) -> None:
    given_now = manual(Effect.GRANT, name, created_at=NOW + 100 * DAY)
    assert access(**world | {"grants": [*world["grants"], given_now]})[name].active


@given(WORLDS)
def test_what_is_active_has_not_ended(world: World) -> None:
    for one in access(**world).values():
        if one.active:
            assert one.until is None or one.until > NOW
