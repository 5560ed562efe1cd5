"""Webhooks as Stripe sends them: signed over the raw body, retried, and spoiled on request."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe
from stripe._v1_services import V1Services

from tests.support.stripe import StripeServer


class Receiver:
    """An endpoint that writes down what comes, and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append((body, self.headers["Stripe-Signature"]))
                self.send_response(outer.answers.pop(0) if outer.answers else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body, _ in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def settle(server: StripeServer) -> None:
    """Wait until all is delivered."""
    deadline = time.monotonic() + 60
    while not server.control("state")["idle"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def test_a_webhook_is_signed_and_goes_to_who_wants_it(
    api: V1Services, server: StripeServer, receiver: Receiver
) -> None:
    endpoint = await api.webhook_endpoints.create_async(
        {"url": receiver.url, "enabled_events": ["customer.created"]}
    )
    assert endpoint.secret is not None
    made = await api.customers.create_async({"email": "a@example.com"}, {"idempotency_key": "key"})
    await api.customers.update_async(made.id, {"name": "A"})
    settle(server)
    assert receiver.types() == ["customer.created"]
    body, signature = receiver.got[0]
    event = stripe.Webhook.construct_event(body, signature, endpoint.secret)
    assert event.data.object["email"] == "a@example.com"
    assert event.request is not None and event.request.idempotency_key == "key"
    for wrong in (body + b" ", body.replace(b"a@", b"b@")):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(wrong, signature, endpoint.secret)
    assert not hasattr(await api.webhook_endpoints.retrieve_async(endpoint.id), "secret")
    stored = await api.events.retrieve_async(event.id)
    assert (stored.type, stored.pending_webhooks) == ("customer.created", 0)


async def test_an_update_says_what_was_before(api: V1Services, server: StripeServer) -> None:
    made = await api.customers.create_async({"email": "a@example.com", "name": "A"})
    await api.customers.update_async(made.id, {"name": "B"})
    event = (await api.events.list_async({"type": "customer.updated"})).data[0]
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict() == {"name": "A"}
    assert event.data.object["name"] == "B"


async def test_a_failed_delivery_is_tried_again_until_it_is_taken(
    api: V1Services, server: StripeServer, receiver: Receiver
) -> None:
    server.control("webhooks", retry_delays=[0.05, 0.05])
    receiver.answers = [500, 404]
    await api.webhook_endpoints.create_async({"url": receiver.url, "enabled_events": ["*"]})
    await api.customers.create_async({"email": "a@example.com"})
    settle(server)
    assert len(receiver.got) == 3 and len({body for body, _ in receiver.got}) <= 3
    assert [d["status"] for d in server.control("deliveries")] == [200]
    receiver.answers = [500] * 9
    await api.customers.create_async({"email": "b@example.com"})
    settle(server)
    assert server.control("deliveries")[-1]["last"] is True
    event = (await api.events.list_async({"delivery_success": False})).data[0]
    server.control("resend", event=event.id)
    receiver.answers = []
    settle(server)
    assert json.loads(receiver.got[-1][0])["id"] == event.id


async def test_deliveries_are_shuffled_repeated_and_dropped_on_request(
    api: V1Services, server: StripeServer, receiver: Receiver
) -> None:
    await api.webhook_endpoints.create_async({"url": receiver.url, "enabled_events": ["*"]})
    server.control("webhooks", stopped=True, shuffle=True, copies_max=4, drop_rate=0.1, seed=5)
    made = await api.customers.create_async({"email": "a@example.com"})
    for turn in range(60):
        await api.customers.update_async(made.id, {"name": f"Name {turn}"})
    assert not receiver.got
    server.control("webhooks", stopped=False)
    settle(server)
    ids = [json.loads(body)["id"] for body, _ in receiver.got]
    dropped = set(server.control("dropped"))
    sent = [e["id"] for e in server.control("objects", kind="event") if e["id"] not in dropped]
    assert dropped and set(ids) == set(sent)
    assert max(ids.count(one) for one in sent) > 1
    assert list(dict.fromkeys(ids)) != sent


async def test_a_rolled_secret_signs_beside_the_old_one(
    api: V1Services, server: StripeServer, receiver: Receiver
) -> None:
    endpoint = await api.webhook_endpoints.create_async(
        {"url": receiver.url, "enabled_events": ["*"]}
    )
    new = server.control("roll-secret", endpoint=endpoint.id)["secret"]
    await api.customers.create_async({"email": "a@example.com"})
    settle(server)
    for secret in (new, endpoint.secret):
        stripe.Webhook.construct_event(*receiver.got[0], secret)


async def test_a_disabled_endpoint_gets_nothing(
    api: V1Services, server: StripeServer, receiver: Receiver
) -> None:
    endpoint = await api.webhook_endpoints.create_async(
        {"url": receiver.url, "enabled_events": ["*"]}
    )
    await api.webhook_endpoints.update_async(endpoint.id, {"disabled": True})
    await api.customers.create_async({"email": "a@example.com"})
    settle(server)
    assert not receiver.got
