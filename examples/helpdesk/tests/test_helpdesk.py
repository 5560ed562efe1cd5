"""What the example adds, where people see it. Each test says which hook it is about."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import portico_helpdesk
import pytest
import pytest_asyncio
from portico.activation import service as activation
from portico.api import (
    Customer,
    DashboardHooks,
    Event,
    EventHooks,
    EventType,
    HealthCheck,
    InvalidSettings,
    LifecycleHooks,
    Order,
    PanelSlot,
    Role,
    Store,
)
from portico.sellers import service as sellers
from portico.testing.browser import Browser
from portico.testing.factories import make_customer, make_paid_order, make_product, make_store
from portico_helpdesk import tables
from typer.testing import CliRunner

pytestmark = pytest.mark.plugins(portico_helpdesk.plugin)
NAME = portico_helpdesk.plugin.name


@dataclass
class Desk:
    """A store with a customer who bought something, in their browser."""

    rt: Any
    browser: Browser
    store: Store
    customer: Customer
    order: Order

    async def ask(self, text: str = "How do I install it?") -> None:
        await self.browser.get(f"/p/{self.store.slug}/purchases/{self.order.id}")
        await self.browser.send(
            f"/p/{self.store.slug}/x/helpdesk/questions", order_id=self.order.id, text=text
        )

    async def open_questions(self) -> list[tables.Question]:
        found: list[tables.Question] = await self.rt.db.all(
            tables.open_in_store, store_id=self.store.id
        )
        return found


@pytest_asyncio.fixture
async def desk(app: Any, runtime: Any) -> Desk:
    store = await make_store(runtime)
    customer = await make_customer(runtime, store)
    product = await make_product(runtime, store)
    order = await make_paid_order(runtime, store, customer, product)
    browser = Browser(app)
    await browser.sign_in(customer)
    return Desk(runtime, browser, store, customer, order)


async def seller_of(desk: Desk, app: Any) -> Browser:
    seller = await sellers.invite(desk.rt, desk.store, "s@example.com", Role.SUPPORT, by="test")
    browser = Browser(app)
    await browser.sign_in(seller)
    return browser


async def test_portal_panels_offer_help_on_the_page_of_a_purchase(desk: Desk) -> None:
    page = await desk.browser.get(f"/p/{desk.store.slug}/purchases/{desk.order.id}")
    assert "Send question" in page


async def test_portal_pages_and_portal_navigation_show_what_was_asked(desk: Desk) -> None:
    assert "Questions" not in await desk.browser.get(f"/p/{desk.store.slug}/")
    await desk.ask()
    assert desk.browser.status == 303
    page = await desk.browser.follow()
    assert "How do I install it?" in page
    assert "Questions" in await desk.browser.get(f"/p/{desk.store.slug}/")


async def test_nobody_asks_about_another_customers_order(desk: Desk, app: Any) -> None:
    other = Browser(app)
    await other.sign_in(await make_customer(desk.rt, desk.store))
    await other.get(f"/p/{desk.store.slug}/settings")
    await other.send(
        f"/p/{desk.store.slug}/x/helpdesk/questions", order_id=desk.order.id, text="Hello"
    )
    assert other.status == 404
    assert await desk.open_questions() == []


async def test_dashboard_pages_and_dashboard_navigation_let_a_seller_close_a_question(
    desk: Desk, app: Any
) -> None:
    await desk.ask()
    seller = await seller_of(desk, app)
    path = f"/dashboard/{desk.store.slug}/x/helpdesk/open"
    assert "How do I install it?" in await seller.get(path)
    (question,) = await desk.open_questions()
    await seller.send(path, question_id=question.id)
    assert seller.status == 303
    assert "Nobody is waiting" in await seller.follow()


async def test_dashboard_panels_count_what_is_open(desk: Desk) -> None:
    await desk.ask()
    replies = await desk.rt.hooks.each(
        desk.store, DashboardHooks.dashboard_panels, PanelSlot("home")
    )
    assert [reply.value[0].context["count"] for reply in replies] == [1]
    replies = await desk.rt.hooks.each(desk.store, DashboardHooks.dashboard_navigation, None)
    assert [item.path for reply in replies for item in reply.value] == ["open"]


async def test_routes_tell_anybody_when_somebody_is_there(desk: Desk, app: Any) -> None:
    answer = await app.test_client().get(f"/x/helpdesk/{desk.store.slug}/hours")
    assert await answer.get_json() == {"opens": 9, "closes": 17, "open": True}


async def test_on_event_closes_the_questions_of_a_refunded_order(desk: Desk) -> None:
    await desk.ask()
    event = Event(
        "evt_1", EventType.ORDER_REFUNDED, desk.store.id, desk.order.id, {}, desk.rt.clock.now()
    )
    await desk.rt.hooks.owner(desk.store, NAME, EventHooks.on_event, event)
    assert await desk.open_questions() == []


async def test_jobs_forget_what_was_closed_a_year_ago(desk: Desk) -> None:
    await desk.ask()
    (question,) = await desk.open_questions()
    context = {"store_id": desk.store.id, "customer_id": desk.customer.id}
    await desk.rt.db.run(
        tables.close, store_id=desk.store.id, question_id=question.id,
        closed_at=desk.rt.clock.now(),
    )  # fmt: skip
    await activation.enabled(desk.rt, desk.store)
    ctx = desk.rt.hooks.context(desk.store, NAME)
    (job,) = portico_helpdesk.plugin.jobs()
    await job.run(ctx, {})
    assert len(await desk.rt.db.all(tables.of_customer, **context)) == 1
    desk.rt.clock.advance(timedelta(days=366))
    await job.run(ctx, {})
    assert await desk.rt.db.all(tables.of_customer, **context) == []


async def test_validate_settings_refuses_hours_that_end_before_they_begin(desk: Desk) -> None:
    with pytest.raises(InvalidSettings, match="closes"):
        await activation.save_settings(
            desk.rt, desk.store, NAME, {"opens": 18, "closes": 9}, by="test"
        )


async def test_check_health_finds_questions_older_than_a_week(desk: Desk) -> None:
    await desk.ask()
    desk.rt.clock.advance(timedelta(days=8))
    (reply,) = await desk.rt.hooks.each(desk.store, LifecycleHooks.check_health, HealthCheck())
    assert not reply.value[0].ok


def test_commands_explain_themselves() -> None:
    group = portico_helpdesk.plugin.commands()
    result = CliRunner().invoke(group, ["--help"])
    assert result.exit_code == 0
    assert "list" in result.output
