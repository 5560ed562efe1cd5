"""A key, what it may do, and how events come."""

from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from portico.activation import service as activation
from portico.activation.tables import plugin_secrets
from portico.api import HealthCheck, InvalidSettings, LifecycleHooks, Mode, Plugin
from portico.db import Query
from portico_payments_stripe import accounts, connecting, polling, webhooks

from tests.payments_stripe.shop import PLUGIN, Shop

FULL = [
    "customer", "payment_method", "product", "plan", "coupon", "checkout_session", "subscription",
    "invoice", "payment_intent", "setup_intent", "charge", "dispute", "event",
]  # fmt: skip


async def refused(shop: Shop, **keys: str) -> dict[str, str]:
    with pytest.raises(InvalidSettings) as caught:
        await shop.set(**keys)
    return {field: caught.value.words(field) for field in caught.value.errors}


@pytest.mark.parametrize(
    ("field", "key", "words"),
    [
        ("test_key", "sk_live_1234567890", "Keys for test mode begin with sk_test_"),
        ("live_key", "rk_test_1234567890", "Keys for live mode begin with sk_live_"),
        ("test_key", "pk_test_1234567890", "publishable"),
        ("test_key", "whatever", "Keys for test mode"),
        ("test_key", "sk_test_of_nobody", "does not know this key"),
    ],
)
async def test_a_wrong_key_is_refused_in_words(
    shop: Shop, field: str, key: str, words: str
) -> None:
    errors = await refused(shop, **{field: key})
    assert list(errors) == [field]
    assert words in errors[field]
    kept = await activation.plugin_settings(shop.rt, shop.store, PLUGIN)
    assert kept.key(Mode.TEST) == shop.server.key  # type: ignore[attr-defined]


async def test_a_restricted_key_must_be_allowed_what_is_needed(shop: Shop) -> None:
    some = shop.server.control(
        "key", key="rk_test_some", permissions={"customer": "read", "event": "read"}
    )
    errors = await refused(shop, test_key="rk_test_some")
    assert some is not None
    write, _, read = errors["test_key"].partition("read:")
    assert "write: Customers, " in write and "Charges and Refunds" in write
    assert "Disputes" in read and "Events" not in read
    assert "Webhook Endpoints" not in write  # works without, by asking for events


async def test_trying_a_key_changes_nothing_at_stripe(shop: Shop) -> None:
    shop.server.control("reset-calls")
    before = shop.server.control("state")["objects"]
    full = dict.fromkeys(FULL, "write")
    shop.server.control("key", key="rk_test_full", permissions=full)
    try:
        await shop.set(test_key="rk_test_full")
    except InvalidSettings as error:
        pytest.fail(str(error))
    assert shop.server.control("state")["objects"] == before


async def test_a_stripe_that_does_not_answer_is_told_from_a_wrong_key(shop: Shop) -> None:
    shop.server.control("fault", kind="error", status=500, times=20)
    errors = await refused(shop, test_key="sk_test_another")
    assert "did not answer" in errors["test_key"]


async def test_whose_account_it_is(shop: Shop) -> None:
    account = await accounts.get(shop.ctx, Mode.TEST)
    assert account is not None
    assert (account.id, account.name) == ("acct_1Portico000000000", "Test Shop")
    assert await accounts.get(shop.ctx, Mode.LIVE) is None


# Webhooks


@pytest.fixture
def portico_settings() -> dict[str, Any]:
    return {"base_url": "https://shop.example.com"}


async def test_the_endpoint_asks_for_exactly_what_is_needed(shop: Shop) -> None:
    await shop.work(seconds=10)
    account = await accounts.get(shop.ctx, Mode.TEST)
    assert account is not None
    made = shop.held(account.webhook_id)
    assert made["url"] == f"https://shop.example.com/hooks/{PLUGIN}/{shop.store.slug}"
    assert made["enabled_events"] == list(webhooks.EVENTS)
    assert made["api_version"] == "2026-10-28.endive"
    assert not await connecting.polls(shop.ctx, Mode.TEST)
    secret = await shop.ctx.secrets.get(webhooks.secret_name(Mode.TEST, "new"))
    assert secret is not None and secret.startswith("whsec_")
    tokens = await shop.rt.db.all(Query(str, sa.select(plugin_secrets.c.token)))
    assert tokens and all("whsec" not in one for one in tokens)


async def test_another_secret_while_the_one_before_counts(shop: Shop) -> None:
    await shop.work(seconds=10)
    account = await accounts.get(shop.ctx, Mode.TEST)
    assert account is not None
    before = await shop.ctx.secrets.get(webhooks.secret_name(Mode.TEST, "new"))
    assert await connecting.make_endpoint(shop.ctx, Mode.TEST)
    now = await webhooks.secrets(shop.ctx)
    assert len(now) == 2 and now[1] == before and now[0] != before
    assert shop.server.control("object", id=account.webhook_id) is None
    renewed = await accounts.get(shop.ctx, Mode.TEST)
    assert renewed is not None and renewed.webhook_id != account.webhook_id


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://shop.example.com/hooks/x", True),
        ("http://shop.example.com/hooks/x", False),
        ("https://localhost/hooks/x", False),
        ("https://192.168.1.5/hooks/x", False),
        ("https://127.0.0.1:8443/hooks/x", False),
        ("https://shop.internal/hooks/x", False),
        ("https://8.8.8.8/hooks/x", True),
    ],
)
def test_what_stripe_can_reach(url: str, public: bool) -> None:
    assert connecting.is_public(url) is public


# Health


async def health(shop: Shop, *, deep: bool = True) -> Sequence[Any]:
    return await shop.rt.hooks.owner(
        shop.store, PLUGIN, LifecycleHooks.check_health, HealthCheck(deep)
    )


async def test_a_key_that_was_revoked_is_told_to_the_seller_and_not_to_customers(
    shop: Shop, portico_plugins: Sequence[Plugin]
) -> None:
    from portico.api import Refused  # noqa: PLC0415

    shop.server.control("key", key="sk_test_soon_gone", permissions=None)
    await shop.work(seconds=10)
    await shop.set(test_key="sk_test_soon_gone")
    shop.server.control("revoke", key="sk_test_soon_gone")
    with pytest.raises(Refused, match="cannot take payments at the moment"):
        await shop.open_page()
    (report,) = await health(shop, deep=False)
    assert not report.ok and "does not know the key" in report.fix
    await shop.set(test_key=shop.server.key)
    (report,) = await health(shop)
    assert report.ok
    await polling.probe(shop.ctx, Mode.TEST)
