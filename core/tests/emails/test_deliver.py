"""From the queue to the transport: texts, secrets, outcomes."""

import dataclasses
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.activation import service as activation
from portico.api import (
    Context,
    Email,
    EmailHooks,
    EmailVariable,
    Lane,
    OutgoingEmail,
    Plugin,
    Purchase,
    Refused,
    RetryLater,
    Scope,
    SentEmail,
    hookimpl,
)
from portico.clock import FixedClock
from portico.db import Query
from portico.emails import deliver as delivering
from portico.emails import queries
from portico.emails import service as emails
from portico.emails.models import EmailKind, EmailState
from portico.events import service as events
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.tables import metadata
from portico.testing.factories import make_customer, make_paid_order, make_product, make_store
from portico.worker import Worker

SECRET = "https://portal.example/sign-in/link?token=s3cr3t-t0k3n"
CODE = "417 822"


class Transport(Plugin, EmailHooks):
    """Takes every mail, or raises what it is told to."""

    name, title, scope = "transport", "Transport", Scope.INSTALLATION

    def __init__(self) -> None:
        self.sent: list[OutgoingEmail] = []
        self.errors: list[Exception] = []

    @hookimpl
    async def send_email(self, ctx: Context, message: OutgoingEmail) -> SentEmail:
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append(message)
        return SentEmail("250 OK")

    @hookimpl
    async def email_secrets(self, ctx: Context, email: Email) -> Mapping[str, str]:
        return {"sign_in.url": SECRET, "sign_in.code": CODE}

    @hookimpl
    async def email_variables(self, ctx: Context, purchase: Purchase) -> list[EmailVariable]:
        return [
            EmailVariable("transport.line", "Line", f"Order {purchase.order.number}!"),
            EmailVariable("store.name", "Not its own", "Evil Inc."),
        ]


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def portico_plugins(transport: Transport) -> list[Plugin]:
    return [transport]


@pytest_asyncio.fixture
async def store(runtime: Runtime) -> AsyncIterator[Store]:
    yield await make_store(runtime, "acme", support_email="help@acme.example")


async def drain(rt: Runtime) -> None:
    await Worker(rt, {"mail": delivering.deliver}).drain()


async def queue(rt: Runtime, store: Store | None, kind: str, **options: Any) -> str:
    options.setdefault("params", {})
    options.setdefault("locale", "en")
    return await emails.queue(rt, store, kind, "ada@example.com", **options)


async def state_of(rt: Runtime, email_id: str) -> Email:
    email = await emails.by_id(rt, email_id)
    assert email is not None
    return email


async def everything(rt: Runtime) -> str:
    """Every row of every table, as text."""
    dumped = []
    for table in metadata.sorted_tables:
        columns = [sa.cast(column, sa.Text).label(column.name) for column in table.c]
        model = dataclasses.make_dataclass(table.name, [(c.name, Any) for c in table.c])
        rows = await rt.db.all(Query(model, sa.select(*columns)))
        dumped += [json.dumps(dataclasses.asdict(row)) for row in rows]
    return "\n".join(dumped)


async def test_a_sign_in_mail_carries_link_and_code_and_says_from_whom(
    runtime: Runtime, store: Store, transport: Transport
) -> None:
    email_id = await queue(
        runtime, store, EmailKind.SIGN_IN, plugin="transport", lane=Lane.INTERACTIVE
    )
    await drain(runtime)
    (mail,) = transport.sent
    assert mail.subject == "Your sign-in link for Acme"
    assert SECRET in mail.text and CODE in mail.text
    assert SECRET in mail.html and CODE in mail.html
    assert mail.sender_name == "Acme" and mail.reply_to == "help@acme.example"
    assert mail.headers["Auto-Submitted"] == "auto-generated"
    assert "asked for a sign-in link for ada@example.com" in mail.text
    sent = await state_of(runtime, email_id)
    assert (sent.state, sent.attempts, sent.error) == (EmailState.SENT, 1, None)
    assert sent.message_id == mail.message_id
    assert mail.message_id.endswith(f"@{mail.sender.partition('@')[2]}>")


async def test_no_secret_is_ever_in_the_database(
    runtime: Runtime, store: Store, transport: Transport, clock: FixedClock
) -> None:
    # The seller has put the code into the subject, and the first try fails.
    await add_template(runtime, store, EmailKind.SIGN_IN, "{{ sign_in.code }}", "{{ sign_in.url }}")
    transport.errors = [RetryLater(timedelta(minutes=1), "later"), ValueError("no")]
    await queue(runtime, store, EmailKind.SIGN_IN, plugin="transport")
    for _ in range(3):
        await drain(runtime)
        dump = await everything(runtime)
        assert "s3cr3t" not in dump and CODE not in dump
        assert "ada@example.com" in dump
        clock.advance(timedelta(minutes=10))
    assert transport.sent[0].subject == CODE
    assert SECRET in transport.sent[0].text


async def add_template(
    rt: Runtime, store: Store, kind: str, subject: str, body: str, **fields: Any
) -> None:
    values = {
        "store_id": store.id, "id": f"tpl_{subject[:5]}{len(fields)}",
        "product_id": None, "kind": kind,
        "locale": None, "enabled": True, "subject": subject, "body": body,
        "format": "markdown", "saved_by": None, "updated_at": rt.clock.now(),
    }  # fmt: skip
    await rt.db.run(queries.ADD_TEMPLATE, **(values | fields))


async def test_a_mail_keeps_its_message_id_over_retries(
    runtime: Runtime, store: Store, transport: Transport, clock: FixedClock
) -> None:
    transport.errors = [RetryLater(timedelta(minutes=1), "451 greylisted"), OSError("gone")]
    email_id = await queue(runtime, store, EmailKind.SIGN_IN, plugin="transport")
    minted = (await state_of(runtime, email_id)).message_id
    await drain(runtime)
    waiting = await state_of(runtime, email_id)
    assert (waiting.state, waiting.error) == (EmailState.DEFERRED, "451 greylisted")
    for _ in range(2):
        clock.advance(timedelta(minutes=5))
        await drain(runtime)
    assert [mail.message_id for mail in transport.sent] == [minted]
    assert (await state_of(runtime, email_id)).attempts == 3


async def test_a_worker_killed_after_the_server_took_it_repeats_it_once_under_the_same_id(
    runtime: Runtime, store: Store, transport: Transport, clock: FixedClock
) -> None:
    email_id = await queue(runtime, store, EmailKind.SIGN_IN, plugin="transport")
    killed = Worker(runtime, {"mail": delivering.deliver})
    (held,) = await killed._claim(1, Lane.BULK)
    message = await delivering._message(
        runtime, store, await state_of(runtime, email_id), held.payload["plugin"]
    )
    await delivering.send(runtime, store, await state_of(runtime, email_id), message)
    clock.advance(timedelta(minutes=2))  # killed here: nothing of it was noted down
    for _ in range(3):
        await drain(runtime)
        clock.advance(timedelta(minutes=2))
    assert len(transport.sent) == 2
    assert len({mail.message_id for mail in transport.sent}) == 1


async def test_a_worker_killed_after_noting_it_down_repeats_nothing(
    runtime: Runtime, store: Store, transport: Transport, clock: FixedClock
) -> None:
    await queue(runtime, store, EmailKind.SIGN_IN, plugin="transport")
    (held,) = await Worker(runtime, {})._claim(1, Lane.BULK)
    await delivering.deliver(runtime, held)
    clock.advance(timedelta(minutes=2))
    await drain(runtime)
    assert len(transport.sent) == 1


async def test_a_refused_address_is_bounced_and_told_to_the_seller(
    runtime: Runtime, store: Store, transport: Transport
) -> None:
    transport.errors = [Refused("550 no such user")]
    email_id = await queue(runtime, store, EmailKind.EMAIL_CHANGED)
    await drain(runtime)
    bounced = await state_of(runtime, email_id)
    assert (bounced.state, bounced.error) == (EmailState.BOUNCED, "550 no such user")
    assert await events.dead(runtime) == []
    (finding,) = await activation.findings(runtime, store)
    assert "550 no such user" in finding.message


async def test_a_mail_that_fails_for_good_is_a_dead_letter_that_can_be_sent_again(
    runtime: Runtime, store: Store, transport: Transport, clock: FixedClock
) -> None:
    transport.errors = [ValueError("broken plugin")] * 10
    email_id = await queue(runtime, store, EmailKind.EMAIL_CHANGED)
    for _ in range(12):
        await drain(runtime)
        clock.advance(timedelta(hours=1))
    assert (await state_of(runtime, email_id)).state is EmailState.FAILED
    (letter,) = await events.dead(runtime, store_id=store.id)
    await events.replay(runtime, letter.id)
    await drain(runtime)
    assert (await state_of(runtime, email_id)).state is EmailState.SENT
    assert len(transport.sent) == 1


async def test_a_key_queues_one_mail_even_after_it_was_sent(
    runtime: Runtime, store: Store, transport: Transport
) -> None:
    first = await queue(runtime, store, EmailKind.EMAIL_CHANGED, key="once")
    await drain(runtime)
    assert await queue(runtime, store, EmailKind.EMAIL_CHANGED, key="once") == first
    await drain(runtime)
    assert len(transport.sent) == 1


async def test_the_sellers_text_replaces_the_default_and_the_products_text_both(
    runtime: Runtime, store: Store, transport: Transport
) -> None:
    customer = await make_customer(runtime, store)
    product = await make_product(runtime, store, name="Fancy *font*")
    order = await make_paid_order(runtime, store, customer, product)
    options: dict[str, Any] = {"order_id": order.id, "customer_id": customer.id}
    await queue(runtime, store, EmailKind.CONFIRMATION, **options)
    await drain(runtime)
    await add_template(
        runtime, store, EmailKind.CONFIRMATION, "Store's {{ order.number }}",
        "{{ products[0].name }} {{ transport.line }} {{ store.name }}",
    )  # fmt: skip
    await queue(runtime, store, EmailKind.CONFIRMATION, **options)
    await drain(runtime)
    await add_template(
        runtime, store, EmailKind.CONFIRMATION, "Product's", "P", product_id=product.id
    )
    await queue(runtime, store, EmailKind.CONFIRMATION, **options)
    await add_template(
        runtime, store, EmailKind.CONFIRMATION, "Produkts", "P", product_id=product.id, locale="de"
    )
    await drain(runtime)
    await queue(runtime, store, EmailKind.CONFIRMATION, **{**options, "locale": "de"})
    await drain(runtime)
    default, stores, products, german = transport.sent
    assert default.subject.startswith("Your purchase from Acme (order ")
    assert "Fancy *font*" in default.text and f"/p/acme/purchases/{order.id}" in default.html
    assert "test purchase" in default.text
    assert stores.subject.startswith("Store's ") and "Fancy *font* Order " in stores.text
    assert "Evil" not in stores.text and "Acme" in stores.text
    assert products.subject == "Product's"
    assert german.subject == "Produkts"


async def test_a_sellers_text_that_fails_gives_way_to_the_default_and_is_reported(
    runtime: Runtime, store: Store, transport: Transport
) -> None:
    bomb = "{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}"
    await add_template(runtime, store, EmailKind.EMAIL_CHANGED, "Mine", bomb)
    await queue(runtime, store, EmailKind.EMAIL_CHANGED, params={"new_email": "b•••@x.example"})
    await drain(runtime)
    (mail,) = transport.sent
    assert mail.subject == "Your address at Acme was changed"
    assert "b•••@x.example" in mail.text
    (finding,) = await activation.findings(runtime, store)
    assert "the default text was sent" in finding.message


async def test_a_header_cannot_be_broken_by_a_name(runtime: Runtime, transport: Transport) -> None:
    store = await make_store(runtime, "evil")
    store = dataclasses.replace(store, name="Evil\r\nBcc: all@example.com")
    foul = await delivering._message(
        runtime,
        store,
        await state_of(runtime, await queue(runtime, store, EmailKind.EMAIL_CHANGED)),
        None,
    )
    for value in (foul.subject, foul.sender_name, foul.message_id, foul.to, foul.sender):
        assert "\n" not in value and "\r" not in value
    assert parseaddr(foul.sender)[1] == foul.sender


@pytest.mark.parametrize(
    "address", ["a\r\nBcc: b@x.example", "two@ats@x", "no", "<a@b.example>", "a b@x"]
)
async def test_an_address_that_could_not_stand_in_a_header_is_not_queued(
    runtime: Runtime, store: Store, address: str
) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        await emails.queue(runtime, store, "x", address, params={}, locale="en")


async def test_a_mail_of_the_installation_needs_no_store(
    runtime: Runtime, transport: Transport
) -> None:
    params = {"store_name": "Acme", "role": "owner"}
    await queue(runtime, None, EmailKind.SELLER_INVITATION, params=params)
    await queue(runtime, None, EmailKind.SELLER_SIGN_IN, plugin="transport", locale="de")
    await drain(runtime)
    invitation, sign_in = sorted(transport.sent, key=lambda mail: mail.subject, reverse=True)
    assert invitation.subject == "You are invited to the dashboard of Acme"
    assert "/dashboard/" in invitation.text and invitation.reply_to is None
    assert sign_in.subject == "Ihr Anmeldelink für das Dashboard" and SECRET in sign_in.text


async def test_without_a_transport_the_mail_waits(
    runtime: Runtime, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr(activation, "chosen", nobody)
    email_id = await queue(runtime, store, EmailKind.EMAIL_CHANGED)
    await drain(runtime)
    waiting = await state_of(runtime, email_id)
    assert waiting.state is EmailState.DEFERRED
    assert waiting.error is not None and "No plugin that sends mail" in waiting.error


async def test_a_kind_without_a_text_is_given_up_with_a_reason(
    runtime: Runtime, store: Store, transport: Transport
) -> None:
    email_id = await queue(runtime, store, "transport.news", plugin="transport")
    await drain(runtime)
    assert transport.sent == []
    failed = await state_of(runtime, email_id)
    assert failed.state is EmailState.FAILED and "no text for mails" in (failed.error or "")
