"""Who may use what, and why: a pure function of orders, subscriptions and sellers' decisions.

Nothing about access is stored, so a file added to a product today is there for everybody who
bought it last year.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from portico.catalog.models import Product
from portico.entitlements.models import Effect, Entitlement, Grant, Reason
from portico.orders.models import OrderState
from portico.stores.models import Mode
from portico.subscriptions.models import Subscription, SubscriptionStatus


class Owned(Protocol):
    """A paid line of a purchase. ``subscription_id`` is set where the line began one."""

    @property
    def order_id(self) -> str: ...
    @property
    def product_id(self) -> str: ...
    @property
    def mode(self) -> Mode: ...
    @property
    def state(self) -> OrderState: ...
    @property
    def subscription_id(self) -> str | None: ...
    @property
    def since(self) -> datetime: ...


class Part(Protocol):
    """A product that a bundle contains."""

    @property
    def bundle_id(self) -> str: ...
    @property
    def product_id(self) -> str: ...


def decide(
    now: datetime,
    *,
    owned: Iterable[Owned],
    subscriptions: Iterable[Subscription],
    grants: Iterable[Grant],
    bundles: Iterable[Part],
    products: Iterable[Product],
    grace_days: int,
    mode: Mode,
) -> list[Entitlement]:
    """One entitlement for each product the customer has, or had, anything to do with.

    ``products`` needs those that subscriptions are about. ``mode`` is the store's: records made
    in live mode always count; test purchases open files only while the store is in test mode, so
    that a test card never buys anything in a live store. ``grace_days`` are the store's; a product
    may have its own.
    """
    counted = _Modes(mode)
    known = {product.id: product for product in products}
    claims: dict[str, list[Entitlement]] = defaultdict(list)
    for item in owned:
        if item.subscription_id is None and counted.includes(item.mode):
            claims[item.product_id].append(_bought(item))
    for subscription in subscriptions:
        if counted.includes(subscription.mode):
            claim = _subscribed(
                now, subscription, known.get(subscription.product_id), timedelta(days=grace_days)
            )
            claims[subscription.product_id] += [claim] if claim else []
    return _Decision(claims, _decisions(now, grants), bundles).all()


class _Modes:
    """Which modes count in a store of ``mode``."""

    def __init__(self, mode: Mode) -> None:
        self._modes = frozenset({Mode.LIVE, mode})

    def includes(self, mode: Mode) -> bool:
        return mode in self._modes


def _bought(item: Owned) -> Entitlement:
    refunded = item.state is OrderState.REFUNDED
    return Entitlement(
        product_id=item.product_id,
        active=not refunded,
        reason=Reason.REFUNDED if refunded else Reason.BOUGHT,
        order_id=item.order_id,
        subscription_id=None,
        since=item.since,
        until=None,
    )


_STOPPED = (SubscriptionStatus.UNPAID, SubscriptionStatus.PAUSED)


def _subscribed(
    now: datetime, subscription: Subscription, product: Product | None, grace: timedelta
) -> Entitlement | None:
    """What a subscription gives; None for one that was never begun."""
    if subscription.status is SubscriptionStatus.INCOMPLETE:
        return None
    keeps_files = product is not None and product.downloads_after_cancellation
    own_days = product.subscription_rules.get("grace_days") if product is not None else None
    grace = grace if own_days is None else timedelta(days=own_days)
    until, ended_because = _end(subscription, grace)
    claim = Entitlement(
        product_id=subscription.product_id,
        active=(until is None or now < until) and subscription.status not in _STOPPED,
        reason=Reason.SUBSCRIBED,
        order_id=None,
        subscription_id=subscription.id,
        since=subscription.created_at,
        until=until,
    )
    if claim.active:
        return claim
    if keeps_files and ended_because is Reason.SUBSCRIPTION_ENDED and _was_paid(subscription):
        return replace(claim, active=True, reason=Reason.AFTER_CANCELLATION, until=None)
    return replace(claim, reason=ended_because)


def _end(subscription: Subscription, grace: timedelta) -> tuple[datetime | None, Reason]:
    """When access ends as things stand, and what the reason is then."""
    match subscription.status:
        case SubscriptionStatus.CANCELED:
            ended = subscription.ended_at or subscription.cancel_at
            return ended or subscription.current_period_end, Reason.SUBSCRIPTION_ENDED
        case SubscriptionStatus.PAST_DUE:
            since = subscription.past_due_since or subscription.current_period_start
            end, reason = since + grace, Reason.PAYMENT_FAILED
            if subscription.cancel_at is not None and subscription.cancel_at < end:
                return subscription.cancel_at, Reason.SUBSCRIPTION_ENDED
            return end, reason
        case SubscriptionStatus.UNPAID | SubscriptionStatus.PAUSED:
            stopped = subscription.past_due_since or subscription.current_period_start
            return stopped, Reason.PAYMENT_FAILED
        case _:
            paused_from, cancel_at = subscription.paused_from, subscription.cancel_at
            if paused_from is not None and (cancel_at is None or paused_from < cancel_at):
                return paused_from, Reason.PAUSED
            return cancel_at, Reason.SUBSCRIPTION_ENDED


def _was_paid(subscription: Subscription) -> bool:
    """Whether it got past its trial: a trial alone must not give the files for ever."""
    if subscription.trial_end is None:
        return True
    end = subscription.ended_at or subscription.cancel_at or subscription.current_period_end
    return end > subscription.trial_end


def _decisions(now: datetime, grants: Iterable[Grant]) -> dict[str, Grant]:
    """The seller's latest decision in force about each product."""
    latest: dict[str, Grant] = {}
    for grant in grants:
        ended = grant.ends_at is not None and grant.ends_at <= now
        if grant.revoked_at is not None or ended:
            continue
        other = latest.get(grant.product_id)
        if other is None or (other.created_at, other.id) < (grant.created_at, grant.id):
            latest[grant.product_id] = grant
    return latest


class _Decision:
    """Combines claims, sellers' decisions and bundles."""

    def __init__(
        self,
        claims: dict[str, list[Entitlement]],
        manual: dict[str, Grant],
        bundles: Iterable[Part],
    ) -> None:
        self._claims = claims
        self._manual = manual
        self._bundles_of: dict[str, list[str]] = defaultdict(list)
        self._parts_of: dict[str, list[str]] = defaultdict(list)
        for part in bundles:
            self._bundles_of[part.product_id].append(part.bundle_id)
            self._parts_of[part.bundle_id].append(part.product_id)

    def all(self) -> list[Entitlement]:
        reached: dict[str, None] = {}
        waiting = [*self._claims, *self._manual]
        while waiting:
            product_id = waiting.pop()
            if product_id not in reached:
                reached[product_id] = None
                waiting += self._parts_of.get(product_id, ())
        found = [self._of(product_id, frozenset()) for product_id in sorted(reached)]
        return [entitlement for entitlement in found if entitlement is not None]

    def _of(self, product_id: str, inside: frozenset[str]) -> Entitlement | None:
        """What is true of one product. ``inside`` guards against a bundle that contains itself."""
        claims = list(self._claims.get(product_id, ()))
        for bundle_id in self._bundles_of.get(product_id, ()):
            if bundle_id not in inside:
                whole = self._of(bundle_id, inside | {product_id})
                claims += [_part_of(whole, product_id)] if whole is not None else []
        manual = self._manual.get(product_id)
        if manual is not None and manual.effect is Effect.WITHDRAW:
            return _by_hand(manual, Reason.WITHDRAWN)
        if manual is not None:
            claims.append(_by_hand(manual, Reason.GRANTED))
        if len(claims) < 2:
            return claims[0] if claims else None
        return max(claims, key=_strength)


def _by_hand(grant: Grant, reason: Reason) -> Entitlement:
    return Entitlement(
        product_id=grant.product_id,
        active=reason is Reason.GRANTED,
        reason=reason,
        order_id=None,
        subscription_id=None,
        since=grant.created_at,
        until=grant.ends_at,
    )


def _part_of(whole: Entitlement, product_id: str) -> Entitlement:
    """A bundle's entitlement as it holds for a product in it."""
    shown = whole.active and whole.reason is not Reason.AFTER_CANCELLATION
    return Entitlement(
        product_id=product_id,
        active=whole.active,
        reason=Reason.IN_BUNDLE if shown else whole.reason,
        order_id=whole.order_id,
        subscription_id=whole.subscription_id,
        since=whole.since,
        until=whole.until,
    )


_FOR_EVER = datetime.max.replace(tzinfo=UTC)
_PREFERRED = (
    Reason.BOUGHT, Reason.SUBSCRIBED, Reason.IN_BUNDLE, Reason.GRANTED, Reason.AFTER_CANCELLATION
)  # fmt: skip


def _strength(claim: Entitlement) -> tuple[bool, datetime, int, datetime]:
    """Access beats none, longer beats shorter; among what is over, the latest is told."""
    since = claim.since
    if not claim.active:
        return False, since, 0, since
    return True, claim.until or _FOR_EVER, -_PREFERRED.index(claim.reason), since
