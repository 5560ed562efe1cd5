"""Taking in what was sold elsewhere before, lent to one plugin."""

from collections.abc import Mapping, Sequence

from portico.lending.scope import Lent
from portico.past import service
from portico.past.models import (
    Held,
    PastCustomer,
    PastKind,
    PastMethod,
    PastOrder,
    PastPrice,
    PastProduct,
    PastRefund,
    PastSubscription,
    Taken,
)


class LentPast:
    """``Past`` of one plugin in one store."""

    __slots__ = ("_lent",)

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add_products(self, products: Sequence[PastProduct]) -> Taken:
        lent = self._lent
        return await service.add_products(lent.rt, lent.require_store(), lent.plugin, products)

    async def add_prices(self, prices: Sequence[PastPrice]) -> Taken:
        lent = self._lent
        return await service.add_prices(lent.rt, lent.require_store(), lent.plugin, prices)

    async def add_customers(self, customers: Sequence[PastCustomer]) -> Taken:
        lent = self._lent
        return await service.add_customers(lent.rt, lent.require_store(), lent.plugin, customers)

    async def customers(self, refs: Sequence[str]) -> Mapping[str, str]:
        lent = self._lent
        return await service.known(lent.rt, lent.require_store(), lent.plugin, refs)

    async def add_methods(self, methods: Sequence[PastMethod]) -> Taken:
        lent = self._lent
        return await service.add_methods(lent.rt, lent.require_store(), lent.plugin, methods)

    async def add_subscriptions(self, subscriptions: Sequence[PastSubscription]) -> Taken:
        lent = self._lent
        return await service.add_subscriptions(
            lent.rt, lent.require_store(), lent.plugin, subscriptions
        )

    async def add_orders(self, orders: Sequence[PastOrder]) -> Taken:
        lent = self._lent
        return await service.add_orders(lent.rt, lent.require_store(), lent.plugin, orders)

    async def add_refunds(self, refunds: Sequence[PastRefund]) -> Taken:
        lent = self._lent
        return await service.add_refunds(lent.rt, lent.require_store(), lent.plugin, refunds)

    async def held(self, kind: PastKind, refs: Sequence[str]) -> Mapping[str, Held]:
        lent = self._lent
        return await service.held(lent.rt, lent.require_store(), lent.plugin, kind, refs)
