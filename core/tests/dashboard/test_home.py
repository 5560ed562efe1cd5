"""A store's home: set-up list, figures by day and mode, what needs attention."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from portico.activation import service as activation
from portico.catalog.models import Interval
from portico.figures import service as figures
from portico.figures.models import Period, Span
from portico.sellers.models import Role
from portico.sessions import service as sessions
from portico.stores import service as stores
from portico.stores.models import Mode
from portico.subscriptions.models import SubscriptionStatus
from portico.testing import factories

HOME = "/dashboard/shop/"


@pytest.mark.parametrize(
    ("zone", "first", "last", "lengths"),
    [
        ("UTC", date(2026, 6, 1), date(2026, 6, 30), [30 * 24]),
        ("Asia/Kathmandu", date(2026, 6, 1), date(2026, 6, 2), [48]),
        ("Europe/Berlin", date(2026, 3, 28), date(2026, 3, 30), [26, 45]),
        ("America/New_York", date(2026, 3, 1), date(2026, 11, 30), [7 * 24 + 2, 5711, 719]),
    ],
)
def test_a_period_is_cut_where_the_clocks_change(zone, first, last, lengths):
    parts = list(Period(first, last, zone).stretches())
    assert [(part.end - part.start) / timedelta(hours=1) for part in parts] == lengths
    assert all(one.end == two.start for one, two in itertools.pairwise(parts))


def test_twelve_months_begin_with_the_first_of_a_month():
    period = Period.of(Span.YEAR, datetime(2026, 11, 30, 23, 30, tzinfo=UTC), "Europe/Berlin")
    assert (period.first, period.last) == (date(2026, 1, 1), date(2026, 12, 1))
    assert len(period.steps()) == 12


@pytest.fixture
def sell(runtime, store):
    async def selling(at, amount=2000, *, of=store, **changes):
        customer = await factories.make_customer(runtime, of)
        product = await factories.make_product(runtime, of)
        price = await factories.make_price(runtime, of, product, unit_amount=amount)
        return await factories.make_paid_order(
            runtime, of, customer, product, price=price, created_at=at, paid_at=at, **changes
        )

    return selling


async def test_sales_are_counted_by_day_currency_and_mode_of_one_store(runtime, sell):
    berlin = await factories.make_store(runtime, timezone="Europe/Berlin", currency="EUR")
    other = await factories.make_store(runtime)
    period = Period(date(2026, 3, 28), date(2026, 3, 29), "Europe/Berlin")
    before, winter, summer, after = (
        datetime(2026, 3, 27, 22, 59, tzinfo=UTC),
        datetime(2026, 3, 28, 22, 59, tzinfo=UTC),
        datetime(2026, 3, 29, 21, 59, tzinfo=UTC),
        datetime(2026, 3, 29, 22, 0, tzinfo=UTC),
    )
    for moment in (before, winter, summer, after):
        await sell(moment, of=berlin)
    await sell(summer, 500, of=berlin, refunded=200)
    await sell(summer, 700, of=berlin, currency="USD")
    await sell(summer, of=berlin, mode=Mode.LIVE)
    await sell(summer, of=other)
    found = await figures.of_store(runtime, berlin, period)
    euro, dollar = found.sales
    assert (euro.currency, euro.orders, euro.refunded) == ("EUR", 3, 200)
    assert dict(euro.amounts.steps) == {date(2026, 3, 28): 2000, date(2026, 3, 29): 2500}
    assert (dollar.currency, dollar.amounts.total) == ("USD", 700)


async def test_running_subscriptions_are_followed_backwards(runtime, store):
    customer = await factories.make_customer(runtime, store, "late@example.com")
    product = await factories.make_product(runtime, store)
    price = await factories.make_price(runtime, store, product, Interval.MONTH)
    day = datetime(2026, 6, 1, 12, tzinfo=UTC)
    for status, began, ended in [
        (SubscriptionStatus.ACTIVE, day, None),
        (SubscriptionStatus.PAST_DUE, day + timedelta(days=1), None),
        (SubscriptionStatus.CANCELED, day, day + timedelta(days=2)),
        (SubscriptionStatus.INCOMPLETE, day, None),
    ]:
        one = factories.make_subscription(
            store, customer, price, product, "payments_sandbox", status=status, created_at=began,
            ended_at=ended, past_due_since=began if status is SubscriptionStatus.PAST_DUE else None,
        )  # fmt: skip
        await factories.add_subscription(runtime, store, one)
    period = Period(date(2026, 5, 31), date(2026, 6, 3), "UTC")
    found = await figures.of_store(runtime, store, period)
    assert (found.active, found.started, found.ended, found.failing_count) == (2, 3, 1, 1)
    assert [found.running[step] for step in period.steps()] == [0, 2, 3, 2]
    assert [one.email for one in found.failing] == ["late@example.com"]


async def test_the_page_shows_the_period_of_its_address(owner, runtime, sell):
    now = runtime.clock.now()
    await sell(now, 1234)
    await sell(now - timedelta(days=20), 2000)
    week = await owner.get(f"{HOME}?period=7d")
    assert "€12.34" in week and "1 paid order" in week
    month = await owner.get(HOME)
    assert "€32.34" in month and "2 paid orders" in month
    assert month.count('class="bar"') == 2
    assert re.search(r'<rect class="bar"[^>]*><title>[^<]*: €12.34</title>', month)
    year = await owner.get(f"{HOME}?period=12m")
    assert "€32.34" in year
    assert await owner.get(f"{HOME}?period=nonsense") and owner.status == 200


async def test_sign_ins_of_customers_are_counted(runtime, store):
    customer = await factories.make_customer(runtime, store)
    attempt = await factories.make_attempt(
        runtime, store, "keep", email=customer.email, subject_id=customer.id
    )
    await sessions.open_session(
        runtime, store, attempt.id, previous_token=None, user_agent="", ip=""
    )
    period = Period.of(Span.WEEK, runtime.clock.now(), store.timezone)
    assert (await figures.of_store(runtime, store, period)).sign_ins.total == 1
    assert (await figures.set_up(runtime, store)).signed_in


async def test_the_set_up_list_follows_the_data_until_it_is_hidden_or_live(
    owner, runtime, store, team, signed_in
):
    assert "0 of 6 done" in await owner.get(HOME)
    assert f"/p/{store.slug}/" in owner.body
    await factories.make_product(runtime, store)
    assert "1 of 6 done" in await owner.get(HOME)
    support = await signed_in(team[Role.SUPPORT])
    assert "Hide this list" not in await support.get(HOME)
    await owner.send(f"{HOME}set-up")
    assert "Set up your store" not in await owner.get(HOME)
    await owner.send(f"{HOME}set-up", show="1")
    assert "Set up your store" in await owner.get(HOME)
    await stores.update_settings(runtime, store.id, by="test", mode=Mode.LIVE)
    assert "Set up your store" not in await owner.get(HOME)


async def test_what_needs_attention_is_said_and_nothing_of_another_store(owner, runtime, store):
    assert "Everything works" in await owner.get(HOME)
    other = await factories.make_store(runtime)
    for where, name in ((store, "atlas.pdf"), (other, "secret.pdf")):
        await activation.report_finding(
            runtime, where, "files_local", "file_missing", "ver_1", f"{name} is not there."
        )
    body = await owner.get(HOME)
    assert "A file is missing in its storage" in body and "atlas.pdf is not there." in body
    assert "secret.pdf" not in body and "Everything works" not in body


async def test_a_plugin_that_is_not_ready_says_what_it_lacks(owner, mails):
    mails.lacking = "No mail server is set."
    for page in ("", "settings/sender", "plugins/keep_mail"):
        assert "No mail server is set." in await owner.get(HOME + page), page
    assert "Everything works" not in await owner.get(HOME)
