"""What a customer owns: access decided over what one statement loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

from portico.catalog.cache import ProductContents
from portico.catalog.models import BundlePart, FileVersion, Product, ProductFile
from portico.db import Query
from portico.entitlements.models import Entitlement
from portico.entitlements.service import decide
from portico.library import queries
from portico.library.models import (
    BillingData,
    DownloadsData,
    Holdings,
    InvoiceData,
    LicensesData,
    OverviewData,
    PurchaseData,
    PurchasesData,
    Sections,
    SubscriptionData,
    SubscriptionsData,
)
from portico.runtime import Runtime
from portico.sessions import service as sessions
from portico.sessions.models import Visit
from portico.stores.models import PortalSettings, Store
from portico.subscriptions.models import Subscription, SubscriptionStatus
from portico.subscriptions.rules import rules_of

T = TypeVar("T")
OfferedFile = tuple[ProductFile, FileVersion]


class Shelf:
    """A customer's products, what is true of each now, and the files that come with it."""

    def __init__(
        self,
        holdings: Holdings,
        contents: Mapping[str, ProductContents],
        store: Store,
        now: datetime,
    ) -> None:
        self.holdings = holdings
        self.now = now
        self._store = store
        self._contents = contents
        self._grace = PortalSettings.of(store).grace_days
        self.products: dict[str, Product] = {id_: one.product for id_, one in contents.items()}
        self.entitlements = self._decide(now, holdings.subscriptions)

    def _decide(
        self, now: datetime, subscriptions: tuple[Subscription, ...]
    ) -> dict[str, Entitlement]:
        held = self.holdings
        found = decide(
            now,
            owned=held.owned,
            subscriptions=subscriptions,
            grants=held.grants,
            bundles=self._bundles,
            products=self.products.values(),
            grace_days=self._grace,
            mode=self._store.mode,
        )
        return {one.product_id: one for one in found}

    @property
    def sections(self) -> Sections:
        """Which sections of the portal have something in them, without asking for it."""
        held = self.holdings
        return Sections(
            bool(held.owned), bool(held.subscriptions),
            any(one.files for one in self._contents.values()),
            held.has_licenses, held.has_methods,
        )  # fmt: skip

    @cached_property
    def _bundles(self) -> list[BundlePart]:
        return [BundlePart(id_, part) for id_, one in self._contents.items() for part in one.parts]

    def contents(self, product_id: str) -> list[str]:
        """The product and, where it is a bundle, what is in it."""
        found = self._contents.get(product_id)
        return [product_id, *(found.parts if found else ())]

    def has_files(self, product_id: str) -> bool:
        """Whether the product has files at all, offered or not."""
        found = self._contents.get(product_id)
        return found is not None and bool(found.files)

    def offered(self, product_id: str) -> Sequence[OfferedFile]:
        """The files the customer may have of a product now, each with its newest version."""
        entitlement = self.entitlements.get(product_id)
        found = self._contents.get(product_id)
        if entitlement is None or not entitlement.active or found is None:
            return ()
        return found.files

    def news(self, since: datetime) -> list[tuple[ProductFile, FileVersion]]:
        """What became available after ``since``, newest first; not what was there when bought."""
        found = [
            (file, version)
            for product_id, entitlement in self.entitlements.items()
            for file, version in self.offered(product_id)
            if version.created_at > max(since, entitlement.since)
        ]
        return sorted(found, key=lambda one: one[1].created_at, reverse=True)

    def without(self, subscription: Subscription, ends_at: datetime) -> dict[str, Entitlement]:
        """What will be true at ``ends_at`` if the subscription ends then."""
        ended = replace(
            subscription, status=SubscriptionStatus.CANCELED, cancel_at=ends_at, ended_at=ends_at
        )
        others = tuple(
            ended if one.id == subscription.id else one for one in self.holdings.subscriptions
        )
        return self._decide(max(ends_at, self.now), others)


def access_deadline(
    store: Store, subscription: Subscription, product: Product | None
) -> datetime | None:
    """When access through a subscription ends as things stand; None where it goes on."""
    deadlines = [subscription.cancel_at] if subscription.cancel_at else []
    if subscription.status is SubscriptionStatus.PAST_DUE and subscription.past_due_since:
        grace = timedelta(days=rules_of(store, product).grace_days)
        deadlines.append(subscription.past_due_since + grace)
    return min(deadlines, default=None)


async def shelf(rt: Runtime, store: Store, holdings: Holdings) -> Shelf:
    """What a customer holds, with what the products are."""
    contents = await rt.catalog.of(store, holdings.product_ids())
    return Shelf(holdings, contents, store, rt.clock.now())


async def sections(rt: Runtime, store: Store, customer_id: str) -> Sections:
    """Which sections have something in them; for pages that load nothing of the library."""
    return await _load(rt, queries.SECTIONS, store, customer_id)


async def overview(rt: Runtime, store: Store, customer_id: str) -> OverviewData:
    """What the overview shows."""
    return await _load(rt, queries.OVERVIEW, store, customer_id)


async def overview_visit(rt: Runtime, slug: str, token: str) -> tuple[Visit, OverviewData] | None:
    """The overview together with the visit, in one statement; None without the store."""
    return await sessions.portal_visit_with(rt, queries.OVERVIEW_VISIT, slug, token)


async def downloads(rt: Runtime, store: Store, customer_id: str) -> DownloadsData:
    """Every product with every version of its files."""
    return await _load(rt, queries.DOWNLOADS, store, customer_id)


async def purchases(
    rt: Runtime, store: Store, customer_id: str, direction: str, cursor: str
) -> PurchasesData:
    """A page of purchases: the ``first``, or the one ``before`` or ``after`` an order's id."""
    at = {} if direction == "first" else {"cursor": cursor}
    return await _load(rt, queries.PURCHASES[direction], store, customer_id, **at)


async def purchase(rt: Runtime, store: Store, customer_id: str, order_id: str) -> PurchaseData:
    """One purchase or renewal; without ``orders`` where it is not the customer's."""
    return await _load(rt, queries.PURCHASE, store, customer_id, subject_id=order_id)


async def invoice(rt: Runtime, store: Store, customer_id: str, order_id: str) -> InvoiceData:
    """A paid order as a document; without ``orders`` where it is not the customer's."""
    return await _load(rt, queries.INVOICE, store, customer_id, subject_id=order_id)


async def subscriptions(rt: Runtime, store: Store, customer_id: str) -> SubscriptionsData:
    """All subscriptions, the ended ones last."""
    return await _load(rt, queries.SUBSCRIPTIONS, store, customer_id)


async def subscription(
    rt: Runtime, store: Store, customer_id: str, subscription_id: str
) -> SubscriptionData:
    """One subscription; without ``subject`` where it is not the customer's."""
    return await _load(rt, queries.SUBSCRIPTION, store, customer_id, subject_id=subscription_id)


async def licenses(
    rt: Runtime, store: Store, customer_id: str, license_id: str | None = None
) -> LicensesData:
    """All license keys, newest first; or only the one with this id, in use or not."""
    if license_id is None:
        return await _load(rt, queries.LICENSES, store, customer_id)
    return await _load(rt, queries.LICENSE, store, customer_id, subject_id=license_id)


async def billing(
    rt: Runtime,
    store: Store,
    customer_id: str,
    *,
    direction: str = "first",
    cursor: str = "",
    year: tuple[datetime, datetime] | None = None,
) -> BillingData:
    """Payment methods and a page of invoices, of one ``year`` (its start and end) or of all."""
    params: dict[str, object] = {} if direction == "first" else {"cursor": cursor}
    if year is not None:
        params["year_start"], params["year_end"] = year
    query = queries.BILLING[direction, year is not None]
    return await _load(rt, query, store, customer_id, **params)


async def _load(
    rt: Runtime, query: Query[T], store: Store, customer_id: str, **params: object
) -> T:
    row = await rt.db.one(query, store_id=store.id, customer_id=customer_id, **params)
    if row is None:
        raise LookupError("a statement that always gives one row gave none")
    return row
