"""Orders: finding them, one of them, sending its mail again, paying back, taking lists away."""

import csv
import io
from datetime import timedelta
from urllib.parse import quote

import pytest
import pytest_asyncio
from lists_rows import Shop
from portico.events import service as events
from portico.hooks.checkout import CheckoutHooks, RefundReport
from portico.hooks.errors import Refused
from portico.hooks.markers import hookimpl
from portico.hooks.plugin import Plugin
from portico.orders import service as orders
from portico.orders.models import OrderState, RefundState
from portico.sellers.models import Role
from portico.stores.models import Mode
from portico.testing import factories
from portico.testing.browser import new_mail

ORDERS = "/dashboard/shop/orders"


class Till(Plugin, CheckoutHooks):
    """Pays back what it is asked to, unless it is told to refuse."""

    name, title = "test_till", "Till"
    refuses = ""

    @hookimpl
    async def refund_payment(self, ctx, request):
        if self.refuses:
            raise Refused(self.refuses)
        one = request.refund
        return RefundReport(
            provider_ref=one.id, payment_ref=request.payment.provider_ref,
            state=RefundState.SUCCEEDED, amount=one.amount, currency=one.currency,
            at=ctx.now(),
        )  # fmt: skip


@pytest.fixture
def till():
    return Till()


@pytest.fixture
def portico_plugins(mails, till):
    return (mails, till)


@pytest_asyncio.fixture
async def shop(runtime, store, team, mails):
    await new_mail(runtime, mails)  # the invitations
    return Shop(runtime, store)


@pytest_asyncio.fixture
async def font(runtime, store):
    return await factories.make_product(runtime, store, name="Font")


async def actions(runtime, store):
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    return [entry.action for entry in log]


async def test_search_finds_an_order_by_all_that_people_have_at_hand(owner, shop, font):
    ada = await shop.order("ada@example.com", font)
    bob = await shop.order("bob@example.com", font)
    await shop.card(bob, "4711")
    await shop.license(bob, font, "FONT-7K2P-e304da")
    (ada,), (bob,) = [await orders.of_customer(shop.rt, shop.store, o.customer_id)
                      for o in (ada, bob)]  # fmt: skip
    for q in ("bob", "Bob@Example.com", str(bob.number), f"#{bob.number}", "4711", "E304DA",
              "font-7k2p-e304da", "••••-E304DA"):  # fmt: skip
        body = await owner.get(f"{ORDERS}?q={quote(q)}")
        assert "bob@example.com" in body, q
        assert "ada@example.com" not in body, q
    for q in ("example.com", "b_b", "471", "304D", "FONT", "%", "'", "2" * 30):
        assert "Nothing fits" in await owner.get(f"{ORDERS}?q={quote(q)}"), q


async def test_filters_narrow_and_pages_go_both_ways(owner, shop, font, monkeypatch):
    monkeypatch.setattr("portico.web.dashboard.narrowed.PAGE", 2)
    other = await factories.make_product(shop.rt, shop.store, name="Icons")
    old = shop.rt.clock.now() - timedelta(days=300)
    await shop.order("old@example.com", font, created_at=old)
    for i in range(5):
        await shop.order(f"c{i}@example.com", font, state=OrderState.PAID)
    await shop.order("failed@example.com", other, state=OrderState.FAILED)
    await shop.order("live@example.com", other, mode=Mode.LIVE)

    async def seen(query):
        body = await owner.get(f"{ORDERS}?{query}")
        return [name for name in ("c4", "c3", "c2", "c1", "c0", "failed", "live", "old")
                if f">{name}@example.com<" in body]  # fmt: skip

    assert await seen("") == ["c4", "failed"]
    assert await seen("state=failed") == ["failed"]
    assert await seen("mode=live") == ["live"]
    assert await seen(f"product={other.id}") == ["failed"]
    assert await seen("period=7d&state=paid") == ["c4", "c3"]
    day = old.date().isoformat()
    assert await seen(f"since={day}&until={day}") == ["old"]
    assert await seen("since=9999-99-99&state=nonsense&until=9999-12-31") == ["c4", "failed"]
    for query in ("state=paid", f"product={font.id}", "q=c"):
        assert await seen(query) == ["c4", "c3"], query
        walked = []
        for word in ("Older", "Older", "Newer", "Newer"):
            link = owner.body.split(f">{word}</a>")[0].rsplit('href="', 1)[1].split('"')[0]
            walked.append(await seen(link.partition("?")[2]))
        last = ["c0"] if query == "q=c" else ["c0", "old"]
        assert walked == [["c2", "c1"], last, ["c2", "c1"], ["c4", "c3"]], query
    await owner.get(f"{ORDERS}?before=ord_nowhere")
    assert owner.status == 404


async def test_an_export_has_every_row_that_fits_and_no_formula(
    owner, shop, font, runtime, store, monkeypatch
):
    monkeypatch.setattr("portico.web.dashboard.exports.PAGE", 2)
    evil = await factories.make_product(runtime, store, name="=1+1")
    for i in range(3):
        await shop.order(f"c{i}@example.com", font)
    await shop.order("evil@example.com", evil)
    await shop.order("failed@example.com", font, state=OrderState.FAILED)
    text = await owner.get(f"{ORDERS}/export?state=paid")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["e-mail"] for row in rows] == [
        "evil@example.com", "c2@example.com", "c1@example.com", "c0@example.com",
    ]  # fmt: skip
    assert rows[0]["product"] == "'=1+1"
    assert (rows[1]["total"], rows[1]["currency"]) == ("20.00", "EUR")
    assert "export" in await actions(runtime, store)


async def test_the_mail_about_an_order_is_sent_again(
    signed_in, team, shop, font, runtime, store, mails
):
    support = await signed_in(team[Role.SUPPORT])
    paid = await shop.order("ada@example.com", font)
    unpaid = await shop.order("bob@example.com", font, state=OrderState.FAILED)
    await support.get(f"{ORDERS}/{paid.id}")
    await support.send(f"{ORDERS}/{paid.id}/resend")
    assert "on its way to ada@example.com" in await support.follow()
    assert [mail.to for mail in await new_mail(runtime, mails)] == ["ada@example.com"]
    await support.send(f"{ORDERS}/{unpaid.id}/resend")
    assert "nothing to confirm" in await support.follow()
    await support.get(ORDERS)
    ids = f"{paid.id},{unpaid.id},ord_nowhere"
    await support.send(f"{ORDERS}/bulk", ids=ids, do="resend")
    assert "Send 3 confirmations again?" in support.body
    assert await new_mail(runtime, mails) == []
    await support.send(f"{ORDERS}/bulk", ids=f"{paid.id},{unpaid.id}", confirmed="1")
    body = await support.follow()
    assert "1 mail is on its way." in body and "1 order has not been paid" in body
    assert len(await new_mail(runtime, mails)) == 1
    assert (await actions(runtime, store)).count("order.resend") == 2


async def test_money_goes_back_in_part_and_then_the_rest(owner, shop, font, runtime, store, till):
    order = await shop.order("ada@example.com", font, provider="test_till")
    page = f"{ORDERS}/{order.id}"
    body = await owner.get(f"{page}/refund")
    assert 'value="20.00"' in body
    for amount, words in (("0", "more than"), ("20.01", "more than"), ("x", "such as 12.50")):
        await owner.send(f"{page}/refund", amount=amount)
        assert owner.status in (400, 409) and words in owner.body, amount
    till.refuses = "The card is closed."
    await owner.send(f"{page}/refund", amount="5")
    assert "The card is closed." in owner.body
    till.refuses = ""
    await owner.send(f"{page}/refund", amount="5", reason="Broken")
    assert "Refunded in part" in await owner.follow() and "Broken" in owner.body
    assert 'value="15.00"' in await owner.get(f"{page}/refund")
    await owner.send(f"{page}/refund", amount="15.00")
    await owner.follow()
    assert (await orders.get(runtime, store.id, order.id)).state is OrderState.REFUNDED
    assert "nothing left to pay back" in await owner.get(f"{page}/refund")
    assert (await actions(runtime, store)).count("order.refund") == 3


async def test_another_stores_order_is_not_there(owner, shop, runtime, mails):
    other = await factories.make_store(runtime, slug="other")
    product = await factories.make_product(runtime, other)
    order = await Shop(runtime, other).order("ada@example.com", product)
    await owner.get(f"{ORDERS}?before={order.id}")
    assert owner.status == 404
    for path in (order.id, f"{order.id}/refund"):
        await owner.get(f"{ORDERS}/{path}")
        assert owner.status == 404
    await owner.get(ORDERS)
    for path, fields in ((f"{order.id}/refund", {"amount": "1"}), (f"{order.id}/resend", {}),
                         ("bulk", {"ids": order.id, "confirmed": "1"})):  # fmt: skip
        await owner.get("/dashboard/shop/settings/team")
        await owner.send(f"{ORDERS}/{path}", **fields)
        assert owner.status == 404, path
    assert await new_mail(runtime, mails) == []
