"""Time: what falls due is done, in its order, as a clock advances."""

from collections.abc import Callable, Iterator

from tests.support.stripe_server.billing import invoices
from tests.support.stripe_server.billing import subscriptions as billing
from tests.support.stripe_server.billing.endings import ENDED, end
from tests.support.stripe_server.errors import Json
from tests.support.stripe_server.people import customer_of
from tests.support.stripe_server.resources.checkout import expire
from tests.support.stripe_server.world import DAY, World

Due = tuple[int, str, Callable[[World, Json], None]]


def run_until(world: World, target: int, clock: str | None) -> None:
    """Live through everything that is due up to ``target``.

    ``clock`` is a test clock's id: then only its customers' things; None: only the others'.
    """
    try:
        while True:
            due = min(_agenda(world, clock), default=None, key=lambda one: one[0][0])
            if due is None or due[0][0] > target:
                return
            (at, _, act), thing = due
            world.moment = at
            act(world, thing)
    finally:
        world.moment = None


def _agenda(world: World, clock: str | None) -> Iterator[tuple[Due, Json]]:
    for sub in world.store.all("subscription"):
        if sub["test_clock"] == clock and sub["status"] not in ENDED:
            for due in _of_subscription(world, sub):
                yield due, sub
    for invoice in world.store.all("invoice"):
        if invoice["test_clock"] == clock and invoice["status"] in ("draft", "open"):
            for due in _of_invoice(invoice):
                yield due, invoice
    if clock is None:
        for session in world.store.all("checkout.session"):
            if session["status"] == "open":
                yield (session["expires_at"], "expire", _expire), session


def _of_subscription(world: World, sub: Json) -> Iterator[Due]:
    if sub["status"] == "incomplete":
        yield sub["created"] + billing.EXPIRY, "give_up", _give_up
        return
    if sub["status"] == "paused":
        return
    ends = min(item["current_period_end"] for item in sub["items"]["data"])
    if sub["cancel_at"] and not sub["cancel_at_period_end"]:
        yield sub["cancel_at"], "cancel", _cancel
    yield ends, "renew", _renew
    soon = (sub["trial_end"] or 0) - 3 * DAY
    if sub["status"] == "trialing" and sub["id"] not in world.reminded:
        yield max(soon, sub["created"]), "remind", _remind
    resumes = (sub["pause_collection"] or {}).get("resumes_at")
    if resumes:
        yield resumes, "resume", _resume


def _of_invoice(invoice: Json) -> Iterator[Due]:
    if invoice["status"] == "draft" and invoice["auto_advance"] \
            and invoice["automatically_finalizes_at"]:  # fmt: skip
        yield invoice["automatically_finalizes_at"], "finalize", _finalize
    if invoice["status"] == "open" and invoice["next_payment_attempt"] \
            and invoice["auto_advance"]:  # fmt: skip
        yield invoice["next_payment_attempt"], "retry", _retry
    if invoice["status"] == "open" and invoice["due_date"] and invoice["parent"] \
            and not invoice["attempted"]:  # fmt: skip
        yield invoice["due_date"], "overdue", _overdue


def _renew(world: World, sub: Json) -> None:
    if sub["status"] == "trialing" and not _trial_goes_on(world, sub):
        return
    billing.renew(world, sub)


def _trial_goes_on(world: World, sub: Json) -> bool:
    """Whether a trial's end begins a paid period; without a card it may end or pause."""
    customer = customer_of(world, sub["customer"])
    has = sub["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    behavior = sub["trial_settings"]["end_behavior"]["missing_payment_method"]
    if has or behavior == "create_invoice" or sub["cancel_at_period_end"]:
        return True
    if behavior == "cancel":
        end(world, sub)
        return False
    world.change(sub, None, status="paused", status_details={"paused": {
        "subscription": {"type": "trial_end_without_payment_method"}, "type": "subscription",
        "transitioned_at": world.now(customer["id"])}})  # fmt: skip
    world.emit("customer.subscription.paused", sub)
    return False


def _cancel(world: World, sub: Json) -> None:
    end(world, sub)


def _remind(world: World, sub: Json) -> None:
    world.reminded.add(sub["id"])
    world.emit("customer.subscription.trial_will_end", sub)


def _resume(world: World, sub: Json) -> None:
    world.change(sub, "customer.subscription.updated", pause_collection=None)


def _give_up(world: World, sub: Json) -> None:
    invoice = world.store.find(sub["latest_invoice"])
    if invoice is not None and invoice["status"] == "open":
        invoices.void(world, invoice)
    world.change(sub, "customer.subscription.updated", status="incomplete_expired",
                 ended_at=world.now(sub["customer"]))  # fmt: skip


def _finalize(world: World, invoice: Json) -> None:
    sub = invoices.subscription_of(world, invoice)
    pause = ((sub or {}).get("pause_collection") or {}).get("behavior")
    invoices.finalize(world, invoice)
    if invoice["status"] != "open":
        return
    if pause == "void":
        invoices.void(world, invoice)
    elif pause == "mark_uncollectible":
        invoices.mark_uncollectible(world, invoice)
    elif invoice["collection_method"] == "charge_automatically":
        invoices.pay(world, invoice, None)
    else:
        world.emit("invoice.sent", invoice)


def _retry(world: World, invoice: Json) -> None:
    invoices.pay(world, invoice, None)


def _overdue(world: World, invoice: Json) -> None:
    world.change(invoice, "invoice.updated", attempted=True)
    world.emit("invoice.overdue", invoice)
    sub = invoices.subscription_of(world, invoice)
    if sub is not None and sub["status"] == "active":
        world.change(sub, "customer.subscription.updated", status="past_due")


def _expire(world: World, session: Json) -> None:
    expire(world, session)
