"""Parameters are checked by the library's own types: what it cannot send is refused, with words."""

from typing import Any

import httpx
import pytest
import stripe
from stripe._v1_services import V1Services
from stripe.params.checkout import SessionCreateParams

from tests.stripe_server.helpers import shop
from tests.support.stripe import StripeServer
from tests.support.stripe_server.contract import operations
from tests.support.stripe_server.errors import Problem
from tests.support.stripe_server.gaps import GAPS
from tests.support.stripe_server.schema import check, fields_of
from tests.support.stripe_server.wire import decode


def _call(server: StripeServer, path: str, form: str, method: str = "POST") -> Any:
    answer = httpx.request(
        method, f"{server.base}{path}", content=form if method == "POST" else None,
        params=form if method == "GET" else None, headers={
            "authorization": f"Bearer {server.key}",
            "content-type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    return answer.status_code, answer.json().get("error", {})


@pytest.mark.parametrize(("path", "form", "code", "param", "message"), [
    ("customers", "colour=red", "parameter_unknown", "colour", "unknown parameter: colour"),
    ("customers", "a=1&b=2", "parameter_unknown", "a", "unknown parameters: a, b"),
    ("customers", "address[zip]=1", "parameter_unknown", "address[zip]", "address[zip]"),
    ("customers", "address=x", None, "address", "Invalid object"),
    ("customers", "balance=x", "parameter_invalid_integer", "balance", "Invalid integer: x"),
    ("customers", "email=", "parameter_invalid_empty", "email", "cannot be unset"),
    ("customers", "email[0]=a", None, "email", "Invalid string"),
    ("customers", "tax_exempt=maybe", None, "tax_exempt", "must be one of exempt, none, or rev"),
    ("customers", "preferred_locales=de", None, "preferred_locales", "Invalid array"),
    ("customers", "validate=perhaps", None, "validate", "Invalid boolean: perhaps"),
    ("prices", "product=p", "parameter_missing", "currency", "Missing required param: currency."),
    ("prices", "currency=eur&recurring[interval]=moon", None, "recurring[interval]", "day, month"),
    ("prices", "currency=eur&recurring[interval_count]=2", "parameter_missing",
     "recurring[interval]", "recurring[interval]"),
    ("subscriptions", "items[0][price]=p&items[0][amount]=1", "parameter_unknown",
     "items[0][amount]", "items[0][amount]"),
    ("subscriptions", "items[0][discounts][0][cupon]=1", "parameter_unknown",
     "items[0][discounts][0][cupon]", "items[0][discounts][0][cupon]"),
    ("coupons", "percent_off=much", None, "percent_off", "Invalid decimal: much"),
    ("checkout/sessions", "mode=gift", None, "mode", "payment, setup, or subscription"),
])  # fmt: skip
def test_what_is_refused_and_how(
    server: StripeServer, path: str, form: str, code: str | None, param: str, message: str
) -> None:
    status, error = _call(server, f"/v1/{path}", form)
    assert (status, error["type"]) == (400, "invalid_request_error")
    assert (error.get("code"), error["param"]) == (code, param)
    assert message in error["message"]


@pytest.mark.parametrize(("form", "field", "value"), [
    ("metadata[a]=1&metadata[b]=", "metadata", {"a": "1", "b": ""}),
    ("metadata=", "metadata", ""),
    ("address=", "address", ""),
    ("balance=-5", "balance", -5),
    ("validate=true", "validate", True),
    ("preferred_locales[0]=de&preferred_locales[1]=en", "preferred_locales", ["de", "en"]),
    ("preferred_locales[]=de&preferred_locales[]=en", "preferred_locales", ["de", "en"]),
])  # fmt: skip
def test_what_is_accepted_becomes_its_type(form: str, field: str, value: Any) -> None:
    params = operations()["post", "/v1/customers"].params
    assert check(params, decode(form))[field] == value


def test_no_operation_takes_a_parameter_that_the_library_does_not_have() -> None:
    known = operations()
    assert len(known) > 150
    for operation in known.values():
        with pytest.raises(Problem) as refused:
            check(operation.params, {"zzz": "1"})
        assert refused.value.error["code"] == "parameter_unknown", operation


async def test_a_refusal_changes_nothing(api: V1Services, server: StripeServer) -> None:
    made = await shop(api)
    before = server.control("state")["objects"]
    for form in ("items[0][price]=price_none", f"items[0][price]={made.once.id}", "items=x"):
        status, _ = _call(server, "/v1/subscriptions", f"customer={made.customer.id}&{form}")
        assert status == 400
    assert server.control("state")["objects"] == before


async def test_missing_objects_are_404_in_the_address_and_400_in_a_parameter(
    api: V1Services,
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as gone:
        await api.customers.retrieve_async("cus_none")
    assert (gone.value.http_status, gone.value.code) == (404, "resource_missing")
    assert str(gone.value.user_message) == "No such customer: 'cus_none'"
    with pytest.raises(stripe.InvalidRequestError) as gone:
        await api.setup_intents.create_async({"customer": "cus_none"})
    assert (gone.value.http_status, gone.value.param) == (400, "customer")


def test_an_address_that_stripe_does_not_have_is_404_and_one_we_lack_501(
    server: StripeServer,
) -> None:
    assert _call(server, "/v1/cusomers", "", "GET")[0] == 404
    assert (
        _call(server, "/v1/tax_rates", "display_name=VAT&inclusive=false&percentage=19")[0] == 501
    )


async def test_what_the_server_does_not_do_it_says(api: V1Services, server: StripeServer) -> None:
    made = await shop(api)
    with pytest.raises(stripe.APIError) as lacking:
        await api.subscriptions.create_async({
            "customer": made.customer.id, "items": [{"price": made.monthly.id}],
            "add_invoice_items": [{"price": made.once.id}]})  # fmt: skip
    assert lacking.value.http_status == 501
    assert "does not act on add_invoice_items" in str(lacking.value)


async def test_an_object_shows_again_what_it_was_given(api: V1Services) -> None:
    made = await shop(api)
    session = await api.checkout.sessions.create_async({
        "mode": "payment", "line_items": [{"price": made.once.id, "quantity": 1}],
        "success_url": "http://shop/", "client_reference_id": "order-7", "locale": "de",
        "custom_text": {"submit": {"message": "Danke"}}, "consent_collection": {
            "terms_of_service": "required"}})  # fmt: skip
    assert (session.client_reference_id, session.locale) == ("order-7", "de")
    assert session.custom_text.submit is not None and session.custom_text.submit.message == "Danke"
    assert session.consent_collection is not None
    assert session.consent_collection.terms_of_service == "required"
    assert session.consent_collection.promotions is None


def test_each_gap_is_a_parameter_of_the_library() -> None:
    for path, names in GAPS.items():
        params = operations()["post", path].params
        assert params is not None and set(names) <= fields_of(params).keys(), path


@pytest.mark.parametrize(("path", "form", "code", "message"), [
    ("customers", "email=nobody", "email_invalid", "Invalid email address: nobody"),
    ("customers", f"metadata[{'k' * 41}]=1", None, "at most 40 characters"),
    ("customers", f"metadata[k]={'v' * 501}", None, "up to 500 characters"),
    ("payment_intents", "amount=49&currency=eur", "amount_too_small", "at least 50 eur"),
])  # fmt: skip
def test_values_have_limits(
    server: StripeServer, path: str, form: str, code: str | None, message: str
) -> None:
    status, error = _call(server, f"/v1/{path}", form)
    assert (status, error.get("code")) == (400, code)
    assert message in error["message"]


async def test_checkout_asks_for_what_tax_needs(api: V1Services) -> None:
    made = await shop(api)
    params: SessionCreateParams = {
        "mode": "payment", "line_items": [{"price": made.once.id, "quantity": 1}],
        "success_url": "http://shop/", "customer": made.customer.id,
        "automatic_tax": {"enabled": True}}  # fmt: skip
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await api.checkout.sessions.create_async(params)
    assert refused.value.code == "customer_tax_location_invalid"
    params["customer_update"] = {"address": "auto"}
    assert (await api.checkout.sessions.create_async(params)).automatic_tax.enabled
    params["tax_id_collection"] = {"enabled": True}
    with pytest.raises(stripe.InvalidRequestError, match="Tax ID collection requires"):
        await api.checkout.sessions.create_async(params)
