"""Keys, idempotency, pages, expansion, search and faults, as the library meets them."""

import asyncio
import time

import pytest
import stripe
from stripe._v1_services import V1Services

from tests.stripe_server.helpers import shop
from tests.support.stripe import StripeServer


async def test_a_wrong_key_and_none(server: StripeServer) -> None:
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided: sk_test_"):
        await server.library("sk_test_somebody_else").v1.customers.list_async()


async def test_a_restricted_key_does_what_it_may_and_names_what_it_lacks(
    server: StripeServer,
) -> None:
    server.control("key", key="rk_test_1234567890", permissions={"customer": "read"})
    limited = server.library("rk_test_1234567890").v1
    await limited.customers.list_async()
    with pytest.raises(stripe.PermissionError) as refused:
        await limited.customers.create_async({"email": "a@example.com"})
    assert refused.value.http_status == 403
    assert "'rak_customer_write' permission" in str(refused.value)
    with pytest.raises(stripe.PermissionError, match="rak_plan_read"):
        await limited.prices.list_async()


async def test_another_api_version_is_refused(server: StripeServer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="version"):
        await server.library().v1.customers.list_async(options={"stripe_version": "2019-01-01"})


async def test_an_idempotency_key_gives_the_first_answer_again(
    api: V1Services, server: StripeServer
) -> None:
    first = await api.customers.create_async({"email": "a@example.com"}, {"idempotency_key": "k"})
    again = await api.customers.create_async({"email": "a@example.com"}, {"idempotency_key": "k"})
    assert again.id == first.id and server.control("state")["objects"]["customer"] == 1
    assert again.last_response is not None
    assert again.last_response.headers["idempotent-replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        await api.customers.create_async({"email": "b@example.com"}, {"idempotency_key": "k"})


async def test_a_key_in_use_is_a_conflict(api: V1Services, server: StripeServer) -> None:
    server.control("working", seconds=1)
    slow = asyncio.create_task(
        api.customers.create_async({"email": "a@example.com"}, {"idempotency_key": "k"})
    )
    await asyncio.sleep(0.4)
    with pytest.raises(stripe.StripeError) as conflict:
        await api.customers.create_async({"email": "a@example.com"}, {"idempotency_key": "k"})
    assert conflict.value.http_status == 409
    assert (await slow).id


async def test_a_refused_card_uses_its_key_up_and_bad_parameters_do_not(api: V1Services) -> None:
    made = await shop(api)
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refused:
            await api.payment_intents.create_async(
                {"amount": 500, "currency": "eur", "payment_method": "pm_card_chargeDeclined",
                 "confirm": True}, {"idempotency_key": "card"})  # fmt: skip
    assert (refused.value.code, refused.value.http_status) == ("card_declined", 402)
    assert refused.value.error is not None
    assert refused.value.error.decline_code == "generic_decline"
    assert len((await api.payment_intents.list_async()).data) == 1
    with pytest.raises(stripe.InvalidRequestError):
        await api.prices.create_async({"currency": "eur"}, {"idempotency_key": "bad"})
    price = await api.prices.create_async(
        {"currency": "eur", "product": str(made.once.product), "unit_amount": 1},
        {"idempotency_key": "bad"},
    )
    assert price.unit_amount == 1


async def test_pages_forwards_and_backwards(api: V1Services) -> None:
    ids = [(await api.customers.create_async({"email": f"{n}@example.com"})).id for n in range(7)]
    newest = ids[::-1]
    page = await api.customers.list_async({"limit": 3})
    assert ([c.id for c in page.data], page.has_more) == (newest[:3], True)
    page = await api.customers.list_async({"limit": 4, "starting_after": newest[2]})
    assert ([c.id for c in page.data], page.has_more) == (newest[3:], False)
    page = await api.customers.list_async({"limit": 3, "ending_before": newest[5]})
    assert ([c.id for c in page.data], page.has_more) == (newest[2:5], True)
    assert [c.id async for c in (await api.customers.list_async()).auto_paging_iter()] == newest
    with pytest.raises(stripe.InvalidRequestError):
        await api.customers.list_async({"limit": 101})


async def test_lists_are_narrowed_by_time_and_owner(api: V1Services, server: StripeServer) -> None:
    old = await api.customers.create_async({"email": "a@example.com"})
    server.control("advance", seconds=3600)
    new = await api.customers.create_async({"email": "b@example.com"})
    since = await api.customers.list_async({"created": {"gt": old.created}})
    assert [c.id for c in since.data] == [new.id]
    mine = await api.customers.list_async({"email": "a@example.com"})
    assert [c.id for c in mine.data] == [old.id]


async def test_expansion_goes_deep_and_refuses_what_is_no_object(api: V1Services) -> None:
    made = await shop(api)
    await api.subscriptions.create_async(
        {"customer": made.customer.id, "items": [{"price": made.monthly.id}]}
    )
    listed = await api.subscriptions.list_async(
        {"expand": ["data.customer.invoice_settings.default_payment_method"]}
    )
    customer = listed.data[0].customer
    assert isinstance(customer, stripe.Customer) and customer.invoice_settings is not None
    method = customer.invoice_settings.default_payment_method
    assert isinstance(method, stripe.PaymentMethod) and method.card is not None
    assert method.card.last4 == "4242"
    plain = await api.subscriptions.retrieve_async(listed.data[0].id)
    assert plain.customer == made.customer.id
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        await api.customers.retrieve_async(made.customer.id, {"expand": ["shoes"]})


async def test_search_finds_by_field_and_metadata(api: V1Services) -> None:
    one = await api.customers.create_async({"email": "a@example.com", "metadata": {"portico": "7"}})
    await api.customers.create_async({"email": "b@example.com"})
    for query in ("email:'a@example.com'", "metadata['portico']:'7'", "email~'a@'"):
        found = await api.customers.search_async({"query": query})
        assert [c.id for c in found.data] == [one.id], query


@pytest.mark.parametrize(("fault", "error"), [
    ({"kind": "rate_limit"}, stripe.RateLimitError),
    ({"kind": "error"}, stripe.APIError),
    ({"kind": "error", "status": 503}, stripe.APIError),
    ({"kind": "cut"}, stripe.APIConnectionError),
    ({"kind": "cut_after"}, stripe.APIConnectionError),
    ({"kind": "cut_middle"}, stripe.APIConnectionError),
])  # fmt: skip
async def test_faults_reach_the_library_and_its_retries_get_over_them(
    server: StripeServer, fault: dict[str, object], error: type[stripe.StripeError]
) -> None:
    server.control("fault", times=1, path="/v1/customers", **fault)
    with pytest.raises(error):
        await server.library().v1.customers.create_async({"email": "a@example.com"})
    server.control("fault", times=1, path="/v1/customers", **fault)
    patient = server.library(retries=2).v1
    if fault["kind"] == "rate_limit":  # the library leaves those to its caller
        return
    await patient.customers.create_async({"email": "b@example.com"})
    made = [c["email"] for c in server.control("objects", kind="customer")]
    assert made.count("b@example.com") == 1


async def test_a_slow_call_waits_and_calls_are_counted(
    api: V1Services, server: StripeServer
) -> None:
    server.control("fault", kind="delay", seconds=0.5, times=1, method="GET")
    server.control("reset-calls")
    begun = time.monotonic()
    await api.customers.list_async()
    assert time.monotonic() - begun >= 0.5
    assert server.control("calls")["by_path"] == {"GET /v1/customers": 1}
