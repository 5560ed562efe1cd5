"""Events and their delivery to webhook endpoints: signed, retried, and spoiled on request."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

import httpx
import stripe
from stripe._api_version import _ApiVersion

from tests.support.stripe_server import shapes
from tests.support.stripe_server.errors import Json

if TYPE_CHECKING:
    from tests.support.stripe_server.world import World

API_VERSION = _ApiVersion.CURRENT
EVENT_TYPES: frozenset[str] = frozenset(get_args(stripe.Event.__annotations__["type"]))
"""Every type that the library knows."""
PARALLEL = 8
TIMEOUT = 20.0


@dataclass
class Delivery:
    """One event on its way to one endpoint. ``status`` 0: no answer."""

    event: str
    endpoint: str
    due: float
    attempts: int = 0
    status: int = 0
    done: bool = False
    last: bool = False


@dataclass
class Habits:
    """How deliveries go wrong; the control API sets it."""

    stopped: bool = False
    shuffle: bool = False
    copies_max: int = 1
    """Each event arrives once to so many times."""
    drop_rate: float = 0.0
    """Share of events that never arrive."""
    retry_delays: list[float] = field(default_factory=lambda: [1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    """Real seconds from a failed attempt to the next; after the last one Stripe gives up."""
    seed: int = 1


def sign(secret: str, body: bytes, at: int) -> str:
    """The ``Stripe-Signature`` of a body: https://docs.stripe.com/webhooks#verify-manually."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def wants(endpoint: Json, event: str) -> bool:
    """Whether an endpoint is subscribed to this type."""
    chosen = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in chosen or event in chosen)


class Outbox:
    """Keeps events as they were, and sends them."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._wake = asyncio.Event()
        self.reset()

    def reset(self) -> None:
        """Forget every delivery."""
        self.habits = Habits()
        self.deliveries: list[Delivery] = []
        self.waiting: list[Delivery] = []
        self.secrets: dict[str, list[str]] = {}
        """Signing secrets by endpoint: the present one, then those that still hold after a roll."""
        self.dropped: set[str] = set()
        self.muted = False
        """Whether what happens makes no events: it is meant to have happened long ago."""
        self._random = random.Random(self.habits.seed)
        self._busy = 0

    def set_habits(self, **values: Any) -> None:
        """Change how deliveries go wrong, from now on."""
        for name, value in values.items():
            if not hasattr(self.habits, name):
                raise KeyError(name)
            setattr(self.habits, name, value)
        if "seed" in values:
            self._random = random.Random(self.habits.seed)
        self._wake.set()

    def emit(self, kind: str, thing: Json, previous: Json | None) -> None:
        """Record an event with a copy of the object; queue it for each endpoint that wants it."""
        if self.muted:
            return
        assert kind in EVENT_TYPES, f"Stripe has no event {kind}"
        world = self._world
        endpoints = [e for e in world.store.all("webhook_endpoint") if wants(e, kind)]
        data: Json = {"object": json.loads(json.dumps(thing))}
        if previous is not None:
            data["previous_attributes"] = previous
        event = shapes.new(
            "event", id=world.store.new_id("event"), created=world.now(_customer_of(thing)),
            type=kind, data=data, pending_webhooks=len(endpoints), api_version=API_VERSION,
            request={"id": world.cause.id, "idempotency_key": world.cause.idempotency_key},
        )  # fmt: skip
        for absent in ("account", "context"):  # of connected accounts and organizations only
            event.pop(absent)
        world.mark(event)
        world.store.add(event)
        for endpoint in endpoints:
            self._queue(event["id"], endpoint["id"])

    def _queue(self, event: str, endpoint: str) -> None:
        if self.habits.drop_rate and self._random.random() < self.habits.drop_rate:
            self.dropped.add(event)
            return
        for _ in range(self._random.randint(1, self.habits.copies_max)):
            self.resend(event, endpoint)

    def resend(self, event: str, endpoint: str) -> None:
        """Send an event (again), as the dashboard's button does."""
        delivery = Delivery(event, endpoint, time.monotonic())
        self.deliveries.append(delivery)
        self.waiting.append(delivery)
        self._wake.set()

    @property
    def idle(self) -> bool:
        """Whether nothing is left to deliver."""
        return not self.waiting and not self._busy

    async def run(self) -> None:
        """Deliver until cancelled."""
        limits = httpx.Limits(max_connections=PARALLEL)
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, limits=limits, verify=False) as client,
            asyncio.TaskGroup() as senders,
        ):
            for _ in range(PARALLEL):
                senders.create_task(self._sender(client))

    async def _sender(self, client: httpx.AsyncClient) -> None:
        while True:
            delivery = self._next()
            if delivery is None:
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), 0.1)
                continue
            self._busy += 1
            try:
                await self._attempt(client, delivery)
            finally:
                self._busy = max(0, self._busy - 1)

    def _next(self) -> Delivery | None:
        if self.habits.stopped or not self.waiting:
            return None
        if self.habits.shuffle:
            spot = self._random.randrange(len(self.waiting))
            self.waiting[0], self.waiting[spot] = self.waiting[spot], self.waiting[0]
        now = time.monotonic()
        for place, one in enumerate(self.waiting):
            if one.due <= now:
                return self.waiting.pop(place)
        return None

    async def _attempt(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        event = self._world.store.find(delivery.event)
        endpoint = self._world.store.find(delivery.endpoint)
        if event is None or endpoint is None:
            delivery.done = True
            return
        body = json.dumps(event).encode()
        at = int(time.time())
        secrets = self.secrets[endpoint["id"]]
        signature = ",".join([f"t={at}"] + [sign(s, body, at).partition(",")[2] for s in secrets])
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json; charset=utf-8",
                   "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)"}  # fmt: skip
        delivery.attempts += 1
        try:
            answer = await client.post(endpoint["url"], content=body, headers=headers)
            delivery.status = answer.status_code
        except httpx.HTTPError:
            delivery.status = 0
        if 200 <= delivery.status < 300:
            delivery.done = True
            event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
        elif delivery.attempts <= len(self.habits.retry_delays):
            delivery.due = time.monotonic() + self.habits.retry_delays[delivery.attempts - 1]
            self.waiting.append(delivery)
        else:
            delivery.last = True


def _customer_of(thing: Json) -> str | None:
    if thing["object"] == "customer":
        return str(thing["id"])
    owner = thing.get("customer")
    return owner if isinstance(owner, str) else None
