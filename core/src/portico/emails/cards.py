"""Telling customers, some days before, that the card of a subscription expires."""

from datetime import timedelta

from portico.emails import service as emails
from portico.emails.models import EmailKind
from portico.emails.subjects import queries
from portico.events.models import Delivery
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Store

EVERY = timedelta(hours=12)
AHEAD = timedelta(days=14)
"""How long before the card's last day the mail goes out."""


async def look(rt: Runtime, delivery: Delivery) -> timedelta:
    """The worker's handler: every store's cards that expire soon. One mail for each card and
    month, however often it looks."""
    now = rt.clock.now()
    if (now + AHEAD + timedelta(days=1)).month != now.month:
        # The month ends within AHEAD, and with it the cards of this month.
        for store in await stores.all_stores(rt):
            await _tell(rt, store, now.year, now.month)
    return EVERY


async def _tell(rt: Runtime, store: Store, year: int, month: int) -> None:
    """Everybody whose card expires at the end of the month and still pays for something."""
    for card in await rt.db.all(
        queries.EXPIRING_CARDS, store_id=store.id, mode=store.mode, year=year, month=month
    ):
        if not emails.plausible_address(card.email):
            continue
        await emails.queue(
            rt, store, EmailKind.CARD_EXPIRING, card.email,
            params={"payment_method_id": card.method_id, "subscription_id": card.subscription_id},
            locale=card.locale or store.locale, customer_id=card.customer_id,
            key=f"card_expiring:{card.method_id}:{year}-{month}",
        )  # fmt: skip
