"""License keys: due when an order is paid (``licenses.due``), issued by a plugin, kept and shown
by core.

A license is a row before it has a key. So nothing that dies in between loses a key or makes two:
the row's grant key is unique, and only the attempt that finds the row pending keeps its key.
"""

from datetime import timedelta

import structlog

from portico.actors import actor
from portico.catalog import service as catalog
from portico.customers.models import Customer
from portico.db import ConflictError
from portico.events import service as events
from portico.events.models import Delivery, EventType
from portico.hooks.dispatch import PluginOff
from portico.hooks.errors import ActionRequired, Refused
from portico.hooks.licenses import IssuedLicense, LicenseGrant, LicenseHooks
from portico.i18n import N_
from portico.ids import new_id
from portico.licenses import due, queries
from portico.licenses.models import License, LicenseState
from portico.licenses.queries import REPLACES
from portico.orders.models import Order
from portico.runtime import Runtime
from portico.stores.models import Store

_MOST_ATTEMPTS = 20
_NOT_IN_USE = N_("This key is not in use any more, so it cannot be replaced.")
_SECONDS = 30.0
_HEAD_START = timedelta(seconds=60)
_MAIL_WAITS = timedelta(hours=1)
"""How long the mail about an order waits for its keys; another one brings them when they come."""
_log = structlog.get_logger(__name__)


# Issuing


async def deliver(rt: Runtime, delivery: Delivery) -> None:
    """The worker's handler: issue a pending key, or tell the issuer that one no longer counts.

    What the plugin raises reaches the worker, which tries again later. Repeatable.
    """
    store = await rt.db.one(queries.STORE, id=delivery.store_id)
    if store is None:
        return
    license_id = str(delivery.payload["license_id"])
    found = await rt.db.one(queries.LICENSE, store_id=store.id, license_id=license_id)
    if found is None:
        return
    if delivery.payload.get("disable"):
        await rt.hooks.owner(
            store, found.issuer, LicenseHooks.disable_license, found, timeout=_SECONDS
        )
    elif found.state is LicenseState.PENDING:
        try:
            await _issue(rt, store, found)
        except Exception as error:
            if isinstance(error, (Refused, PluginOff)) or _waits_long(rt, delivery):
                await _confirm_early(rt, store, found)
            raise


def _waits_long(rt: Runtime, delivery: Delivery) -> bool:
    return rt.clock.now() - delivery.created_at >= _MAIL_WAITS


async def _issue(rt: Runtime, store: Store, pending: License) -> License:
    """Ask the issuer until it gives a key that the store does not have; keep it.

    Returns the license as it is afterwards, whoever's key was kept.
    """
    grant = await _grant(rt, store, pending)
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        issued = await rt.hooks.owner(
            store, pending.issuer, LicenseHooks.issue_license,
            LicenseGrant(
                grant.license, grant.product, grant.customer, grant.order, grant.settings,
                attempt, grant.replaces,
            ),
            timeout=_SECONDS,
        )  # fmt: skip
        try:
            return await _keep(rt, store, grant, issued)
        except ConflictError:
            _log.info("license key exists, asking again", license=pending.id, attempt=attempt)
    raise RuntimeError(
        f"plugin {pending.issuer} gave {_MOST_ATTEMPTS} keys that the store has already"
    )


async def _grant(rt: Runtime, store: Store, pending: License) -> LicenseGrant:
    product = await catalog.product_by_id(rt, store.id, pending.product_id)
    customer = await rt.db.one(queries.CUSTOMER, store_id=store.id, id=pending.customer_id)
    if product is None or customer is None:
        raise LookupError(f"license {pending.id} belongs to nobody or nothing")
    order, replaces = None, None
    if pending.order_id is not None:
        order = await rt.db.one(queries.ORDER, store_id=store.id, id=pending.order_id)
    if pending.grant_key.startswith(REPLACES):
        replaces = await rt.db.one(
            queries.LICENSE, store_id=store.id,
            license_id=pending.grant_key.removeprefix(REPLACES),
        )  # fmt: skip
    # The product may have been given to another issuer since: then its settings are not this one's.
    own = product.license_settings if product.license_issuer == pending.issuer else {}
    settings = catalog.check_license_settings(rt, pending.issuer, own)
    return LicenseGrant(pending, product, customer, order, settings, replaces=replaces)


async def _keep(rt: Runtime, store: Store, grant: LicenseGrant, issued: IssuedLicense) -> License:
    """Store the key if the license still waits for one, with all that follows from it.

    ConflictError when the store has the key already.
    """
    pending = grant.license
    async with rt.db.transaction():
        await _lock(rt, pending)
        kept = await rt.db.one(
            queries.ISSUE, store_id=store.id, license_id=pending.id, new_key=issued.key,
            new_data=dict(issued.data), until=issued.expires_at,
        )  # fmt: skip
        if kept is not None:
            await _tell(rt, store, EventType.LICENSE_ISSUED, kept, "system")
            if grant.replaces is not None:
                kept = await _give_way(rt, store, grant.replaces, kept)
            elif grant.order is not None:
                await _confirm_when_done(rt, store, grant.order, grant.customer)
            else:
                await due.tell_change(rt, store, grant.customer, kept)
    if kept is None:
        kept = await rt.db.one(queries.LICENSE, store_id=store.id, license_id=pending.id)
    return kept or pending


async def _lock(rt: Runtime, one: License) -> None:
    """Wait until nobody else changes the keys that are due together with this one: with its order,
    or by a change of its customer's subscription. Of the last two each would else see the other
    still pending."""
    if one.order_id is not None:
        await rt.db.one(queries.LOCK_ORDER, store_id=one.store_id, id=one.order_id)
    else:
        await rt.db.one(queries.LOCK_CUSTOMER, store_id=one.store_id, id=one.customer_id)


async def _give_way(rt: Runtime, store: Store, old: License, new: License) -> License:
    """The old key stops counting in the moment in which the new one begins to.

    If the old one was disabled meanwhile, the new one counts no more than that.
    """
    changed = await rt.db.run(queries.GIVE_WAY, store_id=store.id, license_id=old.id, new_id=new.id)
    if not changed:
        return await disable(rt, store, new.id, by="system") or new
    await _tell(rt, store, EventType.LICENSE_REPLACED, old, "system", replaced_by=new.id)
    await _tell_issuer(rt, old)
    return new


async def _confirm_when_done(rt: Runtime, store: Store, order: Order, customer: Customer) -> None:
    if not await due.waiting(rt, order):
        await due.confirm(rt, store, order, customer, f"confirmation:{order.id}")


async def _confirm_early(rt: Runtime, store: Store, pending: License) -> None:
    """Whatever is wrong with an issuer, who bought hears of the order, and finds its files."""
    if pending.grant_key.startswith(REPLACES):
        return
    order, customer = await _about(rt, store, pending)
    if order is not None and customer is not None:
        await due.confirm(rt, store, order, customer, f"confirmation:{order.id}:early")
    elif customer is not None:
        await due.tell_change(rt, store, customer, pending, early=True)


async def _about(rt: Runtime, store: Store, one: License) -> tuple[Order | None, Customer | None]:
    """The order a key came with, if there is one, and whose it is."""
    order = None
    if one.order_id is not None:
        order = await rt.db.one(queries.ORDER, store_id=store.id, id=one.order_id)
    return order, await rt.db.one(queries.CUSTOMER, store_id=store.id, id=one.customer_id)


# Disabling and replacing


async def disable(rt: Runtime, store: Store, license_id: str, *, by: str) -> License | None:
    """The key counts no longer: refunded, or switched off by the seller.

    May be called inside a transaction; the issuer is told by the worker. None if there is no such
    key or it did not count any more.
    """
    async with rt.db.transaction():
        found = await rt.db.one(queries.LICENSE, store_id=store.id, license_id=license_id)
        if found is None:
            return None
        await _lock(rt, found)
        disabled = await rt.db.one(queries.DISABLE, store_id=store.id, license_id=license_id)
        if disabled is None:
            return None
        await _tell(rt, store, EventType.LICENSE_DISABLED, disabled, by)
        if disabled.key is not None:
            await _tell_issuer(rt, disabled)
        else:
            await _confirm_without(rt, store, disabled)
    return disabled


async def _confirm_without(rt: Runtime, store: Store, given_up: License) -> None:
    """A key that is no longer due must not keep back the mail about the rest of its order."""
    order, customer = await _about(rt, store, given_up)
    if customer is None:
        return
    if order is None:
        await due.tell_change(rt, store, customer, given_up)
        return
    siblings = await of_order(rt, store.id, order.id)
    if any(one.state is LicenseState.ACTIVE for one in siblings):
        await _confirm_when_done(rt, store, order, customer)


async def replace(
    rt: Runtime, store: Store, customer: Customer | None, license_id: str, *, by: str = ""
) -> License:
    """Have a new key issued in place of this one, which stops counting when the new one is there.

    ``customer`` is whose key it must be; None when the seller (``by``) does it. Asked twice, the
    same new key is returned. If the issuer cannot answer now, the result is still pending and the
    worker goes on. Refused for a key that does not count, LookupError for one there is not;
    ActionRequired and Refused of the issuer reach the caller, and the old key stays.
    """
    by = by or (f"customer:{customer.id}" if customer else "system")
    async with rt.db.transaction():
        old = await rt.db.one(queries.LICENSE, store_id=store.id, license_id=license_id)
        if old is not None and old.order_id is not None:
            # The order first, as everywhere, or a refund at the same time would wait for us.
            await rt.db.one(queries.LOCK_ORDER, store_id=store.id, id=old.order_id)
        old = await rt.db.one(queries.LOCK, store_id=store.id, license_id=license_id)
        if old is None or (customer is not None and old.customer_id != customer.id):
            raise LookupError("there is no such license")
        new = await _replacement(rt, store, old, by)
    if new.state is LicenseState.PENDING:
        new = await _issue_now(rt, store, new)
    if new.state not in (LicenseState.PENDING, LicenseState.ACTIVE):
        raise Refused(_NOT_IN_USE)
    return new


async def _issue_now(rt: Runtime, store: Store, new: License) -> License:
    try:
        return await _issue(rt, store, new)
    except (ActionRequired, Refused):
        await rt.db.run(queries.GIVE_UP, store_id=store.id, license_id=new.id)
        raise
    except Exception as error:
        _log.warning("license key comes later", license=new.id, error=repr(error))
        return new


async def _replacement(rt: Runtime, store: Store, old: License, by: str) -> License:
    """The license in the place of ``old``: the one there is, or a new pending one."""
    grant_key = f"{REPLACES}{old.id}"
    new = await rt.db.one(queries.BY_GRANT, store_id=store.id, grant_key=grant_key)
    if new is not None:
        return new
    if old.state is not LicenseState.ACTIVE:
        raise Refused(_NOT_IN_USE)
    new_license_id = new_id("lic")
    await rt.db.one(
        queries.ADD, store_id=store.id, id=new_license_id, grant_key=grant_key,
        customer_id=old.customer_id, product_id=old.product_id, order_id=old.order_id,
        order_item_id=old.order_item_id, mode=old.mode, issuer=old.issuer,
        created_at=rt.clock.now(),
    )  # fmt: skip
    await events.put(
        rt, "license", f"license:{new_license_id}", {"license_id": new_license_id},
        store_id=store.id, not_before=rt.clock.now() + _HEAD_START,
    )  # fmt: skip
    await _audit(rt, store, by, "license.replace", old)
    new = await rt.db.one(queries.LICENSE, store_id=store.id, license_id=new_license_id)
    if new is None:
        raise LookupError(f"license {new_license_id} was not stored")
    return new


async def _tell_issuer(rt: Runtime, dead: License) -> None:
    await events.put(
        rt, "license", f"license-disabled:{dead.id}", {"license_id": dead.id, "disable": True},
        store_id=dead.store_id,
    )  # fmt: skip


async def _tell(
    rt: Runtime, store: Store, event: EventType, subject: License, by: str, **data: str
) -> None:
    """Publish what happened to a license (never its key) and note it."""
    about = {"product_id": subject.product_id, "customer_id": subject.customer_id, **data}
    if subject.order_id is not None:
        about["order_id"] = subject.order_id
    await events.publish(rt, store, event, subject.id, about)
    await _audit(rt, store, by, event.value, subject)


async def _audit(rt: Runtime, store: Store, by: str, action: str, about: License) -> None:
    actor_type, actor_id = actor(by)
    await events.audit(
        rt, store_id=store.id, actor_type=actor_type, actor_id=actor_id, action=action,
        subject_type="license", subject_id=about.id, customer_id=about.customer_id,
    )  # fmt: skip


# Reading


async def by_id(rt: Runtime, store_id: str, license_id: str) -> License | None:
    """A license of the store."""
    return await rt.db.one(queries.LICENSE, store_id=store_id, license_id=license_id)


async def of_order(rt: Runtime, store_id: str, order_id: str) -> list[License]:
    """Every license of an order, replaced ones too, in the order they became due."""
    return await rt.db.all(queries.OF_ORDER, store_id=store_id, order_id=order_id)


async def of_customer(rt: Runtime, store_id: str, customer_id: str) -> list[License]:
    """Every license of a customer, the newest first."""
    return await rt.db.all(queries.OF_CUSTOMER, store_id=store_id, customer_id=customer_id)


def mask(key: str) -> str:
    """A key as lists show it: ``••••-E304DA``, of short keys less."""
    shown = min(6, len(key) // 3)
    return f"••••-{key[len(key) - shown :].lstrip('-')}"
