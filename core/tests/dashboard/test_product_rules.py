"""A product's license keys and its rules for subscriptions."""

from datetime import timedelta

import pytest
import pytest_asyncio
from portico.api import IssuedLicense, LicenseHooks, Plugin, PluginSettings, hookimpl
from portico.catalog import service as catalog
from portico.catalog.models import Interval
from portico.entitlements.decide import decide
from portico.events import service as events
from portico.licenses import past
from portico.licenses import service as licenses
from portico.stores.models import Mode
from portico.subscriptions.models import CancellationMode, SubscriptionStatus
from portico.subscriptions.rules import rules_of
from portico.subscriptions.service import cancellation_mode
from portico.testing import factories
from portico.worker import Worker
from pydantic import Field, field_validator

PRODUCTS = "/dashboard/shop/products"


class KeySettings(PluginSettings):
    prefix: str = Field("", title="Prefix", max_length=5, description="Stands before the key")
    days: int | None = Field(None, title="Valid for days", ge=1)
    loud: bool = Field(False, title="In capitals")

    @field_validator("prefix")
    @classmethod
    def _plain(cls, value):
        if "!" in value:
            raise ValueError("No exclamation marks, please.")
        return value


class CountKeys(Plugin, LicenseHooks):
    name, title = "count_keys", "Counted keys"

    def __init__(self):
        self.count = 0

    @hookimpl
    def license_settings(self):
        return KeySettings

    @hookimpl
    async def issue_license(self, ctx, grant):
        self.count += 1
        return IssuedLicense(f"{grant.settings.prefix}KEY-{self.count}")

    @hookimpl
    async def disable_license(self, ctx, license):  # noqa: A002 - its word
        pass


@pytest.fixture
def portico_plugins(mails):
    return (mails, CountKeys())


@pytest_asyncio.fixture
async def product(runtime, store):
    return await factories.make_product(runtime, store, slug="sans", name="Sans")


@pytest_asyncio.fixture
async def page(owner, product):
    path = f"{PRODUCTS}/{product.id}/licenses"
    await owner.get(path)
    return path


async def actions(runtime, store):
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    return [entry.action for entry in log]


async def test_keys_are_switched_on_in_a_format_and_off(owner, runtime, store, product, page):
    assert "Stands before the key" in owner.body
    await owner.send(f"{page}?issuer=count_keys", prefix="AB-", days="", loud="1")
    found = await catalog.product_by_id(runtime, store.id, product.id)
    assert found.license_issuer == "count_keys"
    assert found.license_settings == {"prefix": "AB-", "loud": True}
    assert 'value="AB-"' in await owner.get(page)
    await owner.send(f"{page}/off")
    assert (await catalog.product_by_id(runtime, store.id, product.id)).license_issuer is None
    assert (await actions(runtime, store)).count("product.licenses") == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"prefix": "much too long"}, "Use at most 5 characters."),
        ({"prefix": "A!"}, "No exclamation marks, please."),
        ({"days": "0"}, "Enter 1 or more."),
        ({"days": "x"}, "Enter a whole number."),
    ],
)
async def test_a_format_that_does_not_fit_is_said_at_its_field(owner, page, fields, words):
    assert words in await owner.send(f"{page}?issuer=count_keys", **fields)
    assert owner.status == 400
    await owner.send(f"{page}?issuer=keep_mail")
    assert owner.status == 404


async def test_past_purchases_get_their_keys_once(owner, runtime, store, product, page, mails):
    bundle = await factories.make_product(runtime, store, bundle_of=[product.id])
    customer = await factories.make_customer(runtime, store)
    for bought in (product, product, bundle):
        await factories.make_paid_order(runtime, store, customer, bought)
    other = await factories.make_product(runtime, store)
    await factories.make_paid_order(runtime, store, customer, other)
    await owner.send(f"{page}/past")
    assert (await past.progress(runtime, store, product.id)).missing == 3
    await owner.send(f"{page}?issuer=count_keys")
    assert "3 purchases have no key." in await owner.get(page)
    for _ in range(2):
        await owner.send(f"{page}/past")
        assert (await past.progress(runtime, store, product.id)).running
        await Worker(runtime).drain()
    done = await past.progress(runtime, store, product.id)
    assert (done.due, done.issued, done.missing, done.running) == (3, 3, 0, False)
    keys = await licenses.of_customer(runtime, store.id, customer.id)
    assert len({one.key for one in keys}) == 3
    assert "Every purchase has its key." in await owner.get(page)


async def test_a_products_own_rules_stand_before_the_stores(owner, runtime, store, product):
    path = f"{PRODUCTS}/{product.id}/subscription-rules"
    await owner.get(path)
    assert rules_of(store, product).mode is CancellationMode.AT_PERIOD_END
    await owner.send(
        path, mode="immediately", cancellation_reason="no", grace_days="3",
        downloads_after_cancellation="1",
    )  # fmt: skip
    found = await catalog.product_by_id(runtime, store.id, product.id)
    rules = rules_of(store, found)
    assert (rules.mode, rules.cancellation_reason) == (CancellationMode.IMMEDIATELY, False)
    assert (rules.grace_days, found.downloads_after_cancellation) == (3, True)
    await owner.get(path)
    await owner.send(path, mode="", cancellation_reason="", grace_days="")
    found = await catalog.product_by_id(runtime, store.id, product.id)
    assert found.subscription_rules == {}
    assert "Enter 365 or less." in await owner.send(path, grace_days="366")


async def test_the_rules_are_what_happens(runtime, store, product):
    own = {"mode": "immediately", "grace_days": 3}
    strict = await catalog.update_product(
        runtime, store, product.id, subscription_rules=own, by="test"
    )
    customer = await factories.make_customer(runtime, store)
    price = await factories.make_price(runtime, store, product, Interval.MONTH)
    running = factories.make_subscription(store, customer, price, product, "nobody")
    assert cancellation_mode(store, running, strict) is CancellationMode.IMMEDIATELY
    assert cancellation_mode(store, running, product) is CancellationMode.AT_PERIOD_END
    owing = factories.make_subscription(
        store, customer, price, product, "nobody", status=SubscriptionStatus.PAST_DUE,
        past_due_since=runtime.clock.now(),
    )  # fmt: skip

    def access(after, rules_of_product):
        (found,) = decide(
            runtime.clock.now() + timedelta(days=after), owned=[], subscriptions=[owing],
            grants=[], bundles=[], products=[rules_of_product], grace_days=14, mode=Mode.TEST,
        )  # fmt: skip
        return found.active

    assert [access(2, strict), access(4, strict), access(4, product)] == [True, False, True]
