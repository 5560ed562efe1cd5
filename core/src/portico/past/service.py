"""What was sold elsewhere before, taken in quietly, and compared with what the store has.

Nothing follows from a record of the past: no mail, no event, no license key. Each function is one
transaction, or part of its caller's, and repeatable by the provider's references.
"""

from collections.abc import Sequence

from portico.past import queries
from portico.past.goods import add_prices, add_products
from portico.past.models import Held, PastKind
from portico.past.people import add_customers, add_methods, known
from portico.past.sales import add_orders, add_refunds, add_subscriptions
from portico.runtime import Runtime
from portico.stores.models import Store

__all__ = [
    "add_customers", "add_methods", "add_orders", "add_prices", "add_products", "add_refunds",
    "add_subscriptions", "held", "known",
]  # fmt: skip

_BY_ID = (PastKind.PRODUCT, PastKind.PRICE)


async def held(
    rt: Runtime, store: Store, provider: str, kind: PastKind, refs: Sequence[str]
) -> dict[str, Held]:
    """What the store has under these references (products and prices: ids)."""
    named = {} if kind in _BY_ID else {"provider": provider}
    found = await rt.db.all(queries.HELD[kind], store_id=store.id, refs=list(refs), **named)
    return {one.ref: one for one in found}
