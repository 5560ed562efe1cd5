"""Time: what falls due is done, in its order, as a clock advances."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from tests.support.stripe_server.billing import invoices, schedules
from tests.support.stripe_server.billing import subscriptions as billing
from tests.support.stripe_server.billing.endings import ENDED, end
from tests.support.stripe_server.errors import Json
from tests.support.stripe_server.people import customer_of
from tests.support.stripe_server.resources.checkout import expire
from tests.support.stripe_server.world import DAY, World

Due = tuple[int, str, Callable[[World, Json], None]]


@dataclass
class _Agenda:
    """What is due up to a time, earliest first. An entry that no longer holds is passed over."""

    world: World
    target: int
    heap: list[tuple[int, bool, int, str, str]] = field(default_factory=list)
    queued: set[tuple[int, str, str]] = field(default_factory=set)
    turn: Iterator[int] = field(default_factory=count)

    def note(self, thing: Json) -> None:
        """Put down what is due for an object, as it is now."""
        for at, name, _ in _dues(self.world, thing):
            entry = (at, name, thing["id"])
            if at <= self.target and entry not in self.queued:
                self.queued.add(entry)
                # a schedule changes phase before the renewal of the same second
                heappush(self.heap, (at, name != "turn", next(self.turn), name, thing["id"]))

    def act(self) -> None:
        """Live through it all; what comes of it may be due in turn."""
        while self.heap:
            at, _, _, name, identity = heappop(self.heap)
            self.queued.discard((at, name, identity))
            thing = self.world.store.find(identity)
            if thing is None:
                continue
            for due, kind, action in _dues(self.world, thing):
                if (due, kind) == (at, name):
                    self.world.moment = at
                    action(self.world, thing)
                    break
            self.note(thing)
            for other in _related(self.world, thing):
                self.note(other)


def run_until(world: World, target: int, clock: str | None) -> None:
    """Live through everything that is due up to ``target``.

    ``clock`` is a test clock's id: then only its customers' things; None: only the others'.
    """
    agenda = _Agenda(world, target)
    for kind in _KINDS[:3] if clock else _KINDS:
        for thing in world.store.all(kind):
            if thing.get("test_clock") == clock:
                agenda.note(thing)
    try:
        agenda.act()
    finally:
        world.moment = None


_KINDS = ("subscription_schedule", "subscription", "invoice", "checkout.session")


def _related(world: World, thing: Json) -> Iterator[Json]:
    if thing["object"] == "subscription":
        invoice = world.store.find(thing["latest_invoice"] or "")
        if invoice is not None:
            yield invoice
    elif thing["object"] == "invoice":
        sub = invoices.subscription_of(world, thing)
        if sub is not None:
            yield sub


def _dues(world: World, thing: Json) -> Iterator[Due]:
    kind, status = thing["object"], thing["status"]
    if kind == "subscription" and status not in ENDED:
        yield from _of_subscription(world, thing)
    elif kind == "invoice" and status in ("draft", "open"):
        yield from _of_invoice(thing)
    elif kind == "subscription_schedule":
        turn = schedules.next_turn(thing)
        if turn is not None:
            yield turn, "turn", schedules.turn
    elif kind == "checkout.session" and status == "open":
        yield thing["expires_at"], "expire", _expire


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
