"""Opening, using and ending sessions."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from portico.customers import service as customers
from portico.sessions import service as sessions
from portico.sessions.tokens import hash_token
from portico.stores import service as stores
from portico.testing.factories import make_customer, make_store


async def test_store_session_and_customer_come_in_one_statement(
    runtime, store, customer, open_session, monkeypatch
):
    opened = await open_session(store)
    asked = []
    one = type(runtime.db).one

    async def noted(db, statement, /, **params):
        asked.append(statement)
        return await one(db, statement, **params)

    monkeypatch.setattr(type(runtime.db), "one", noted)
    visit = await sessions.portal_visit(runtime, "shop", opened.token)
    assert (visit.store, visit.session) == (store, opened.session)
    assert visit.customer == replace(customer, signed_in_at=runtime.clock.now())
    assert len(asked) == 1


async def test_without_a_session_there_is_still_a_store_and_without_a_store_nothing(runtime, store):
    for token in (None, "", "unknown", "\udcff"):
        visit = await sessions.portal_visit(runtime, "shop", token)
        assert (visit.store, visit.session, visit.customer) == (store, None, None)
    assert await sessions.portal_visit(runtime, "elsewhere", None) is None


async def test_the_token_itself_is_not_stored(store, customer, open_session):
    opened = await open_session(store)
    assert opened.session.id == hash_token(opened.token)
    assert opened.token not in repr(opened.session)


async def test_a_session_lasts_as_long_as_the_store_says(
    runtime, store, customer, open_session, clock
):
    store = await stores.update_settings(
        runtime, store.id, by="test", settings={"portal": {"session_days": 3}}
    )
    opened = await open_session(store)
    clock.advance(timedelta(days=3) - timedelta(seconds=1))
    assert (await sessions.portal_visit(runtime, "shop", opened.token)).customer.id == customer.id
    clock.advance(timedelta(seconds=1))
    assert (await sessions.portal_visit(runtime, "shop", opened.token)).session is None


async def test_a_session_belongs_to_one_store(runtime, store, customer, open_session):
    other = await make_store(runtime, "other")
    await make_customer(runtime, other, "ada@example.com")
    opened = await open_session(store)
    assert (await sessions.portal_visit(runtime, "other", opened.token)).session is None
    assert await sessions.seller_visit(runtime, opened.token) is None


async def test_an_attempt_opens_one_session_however_many_try(runtime, store, customer):
    attempt = await sessions.begin(
        runtime, store, customer.email, method="test", device="d", next_path="", locale="en",
        ip="192.0.2.1",
    )  # fmt: skip
    opened = await asyncio.gather(
        *(
            sessions.open_session(
                runtime, store, attempt.id, previous_token=None, user_agent="", ip=""
            )
            for _ in range(20)
        )
    )
    assert len([one for one in opened if one]) == 1


async def test_an_attempt_for_nobody_opens_nothing(runtime, store, open_session):
    assert await open_session(store, "nobody@example.com") is None


async def test_an_attempt_of_one_store_opens_nothing_in_another(runtime, store, customer):
    other = await make_store(runtime, "other")
    attempt = await sessions.begin(
        runtime, store, customer.email, method="test", device="d", next_path="", locale="en",
        ip="192.0.2.1",
    )  # fmt: skip
    for wrong in (other, None):
        assert not await sessions.open_session(
            runtime, wrong, attempt.id, previous_token=None, user_agent="", ip=""
        )


async def test_use_is_noted_every_few_minutes_only(runtime, store, customer, open_session, clock):
    opened = await open_session(store)
    start = clock.now()
    for minutes, seen in ((4, 0), (2, 6), (3, 6), (2, 11)):
        clock.advance(timedelta(minutes=minutes))
        await sessions.portal_visit(runtime, "shop", opened.token)
        (device,) = await sessions.devices(runtime, store.id, customer.id)
        assert device.last_seen_at == start + timedelta(minutes=seen)


async def test_last_seen_of_a_customer_is_the_end_of_the_visit_before(
    runtime, store, customer, open_session, clock
):
    async def last_seen():
        return (await customers.by_id(runtime, store.id, customer.id)).last_seen_at

    opened = await open_session(store)
    first = clock.now()
    assert await last_seen() is None
    clock.advance(timedelta(minutes=20))
    await sessions.portal_visit(runtime, "shop", opened.token)
    assert await last_seen() is None  # the same visit still
    clock.advance(timedelta(hours=5))
    await sessions.portal_visit(runtime, "shop", opened.token)
    assert await last_seen() == first + timedelta(minutes=20)
    clock.advance(timedelta(days=1))
    await open_session(store)
    assert await last_seen() == first + timedelta(hours=5, minutes=20)


async def test_signing_out_everywhere_ends_what_is_open_and_what_is_under_way(
    runtime, store, customer, open_session
):
    tokens = [(await open_session(store)).token for _ in range(3)]
    waiting = await sessions.begin(
        runtime, store, customer.email, method="test", device="d", next_path="", locale="en",
        ip="192.0.2.1",
    )  # fmt: skip
    await make_customer(runtime, store, "eve@example.com")
    others = await open_session(store, "eve@example.com")
    await sessions.sign_out_everywhere(runtime, store.id, customer.id)
    for token in tokens:
        assert (await sessions.portal_visit(runtime, "shop", token)).session is None
    assert (await sessions.portal_visit(runtime, "shop", others.token)).customer is not None
    assert not await sessions.open_session(
        runtime, store, waiting.id, previous_token=None, user_agent="", ip=""
    )
