"""What a product says after payment: with variables, on the screen and in the mail."""

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.catalog import service as catalog
from portico.db import Command
from portico.db.columns import next_number
from portico.emails import onscreen, variables
from portico.licenses.models import LicenseState
from portico.licenses.tables import licenses
from portico.testing import factories

PRODUCTS = "/dashboard/shop/products"
MESSAGE = "Thank you, {{ customer.name }}! **Order {{ order.number }}**, {{ customer.email }}"


@pytest_asyncio.fixture
async def product(runtime, store):
    return await factories.make_product(runtime, store, slug="sans", name="Sans")


@pytest_asyncio.fixture
async def order(runtime, store, product):
    customer = await factories.make_customer(runtime, store, "ada@example.com")
    return await factories.make_paid_order(runtime, store, customer, product)


@pytest_asyncio.fixture
async def page(owner, product):
    path = f"{PRODUCTS}/{product.id}/after-payment"
    await owner.get(path)
    return path


async def on_screen(runtime, store, order, product):
    found = await catalog.product_by_id(runtime, store.id, product.id)
    return await onscreen.message_html(runtime, store, order, [found], "en")


async def test_a_message_is_filled_in_on_the_screen_and_in_the_mail(
    owner, runtime, store, product, order, page
):
    await owner.send(page, confirmation_message=MESSAGE)
    html = await on_screen(runtime, store, order, product)
    assert "Thank you, Ada Example! <strong>Order 10" in html
    assert "ada@example.com" not in html and "a•" in html
    email = onscreen._email(runtime, store, order, "en")
    values = await variables.load(runtime, store, email, {})
    assert values["products"][0]["message"].startswith("Thank you, Ada Example! Order 10")
    assert "Ada Example" in await owner.get(page)


async def test_a_key_is_not_on_a_page_that_opens_without_signing_in(
    owner, runtime, store, product, order, page
):
    await runtime.db.run(
        Command(
            sa.insert(licenses).values(
                store_id=store.id, id="lic_1", number=next_number("licenses"), grant_key="g",
                customer_id=order.customer_id, product_id=product.id, order_id=order.id,
                mode=store.mode, issuer="x", key="SECRET-KEY", state=LicenseState.ACTIVE, data={},
                created_at=runtime.clock.now(),
            )
        )
    )  # fmt: skip
    text = (
        "{% for license in licenses %}Key of {{ license.product }}: {{ license.key }}{% endfor %}"
    )
    await owner.send(page, confirmation_message=text)
    html = await on_screen(runtime, store, order, product)
    assert "Key of Sans" in html and "SECRET" not in html


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hi\n{{ custmer.name }}", "Line 2: There is no variable custmer.name."),
        ("{% if order.test %}", "This cannot be read"),
        ("{% for i in (1..99999) %}{% for j in (1..99999) %}x{% endfor %}{% endfor %}",
         "The text does too much"),
    ],
)  # fmt: skip
async def test_a_message_that_cannot_be_filled_in_is_refused_with_its_line(
    owner, runtime, store, product, page, text, words
):
    assert words in await owner.send(page, confirmation_message=text)
    assert owner.status == 400
    assert (await catalog.product_by_id(runtime, store.id, product.id)).confirmation_message == ""


async def test_a_preview_saves_nothing(owner, runtime, store, product, page):
    shown = await owner.send(f"{page}/preview", confirmation_message="**{{ store.name }}**")
    assert "<strong>Shop</strong>" in shown
    assert (await catalog.product_by_id(runtime, store.id, product.id)).confirmation_message == ""


def test_markup_of_a_seller_is_text():
    html = onscreen.html_of("<script>alert(1)</script> [a](javascript:alert(1))", {})
    assert "<script" not in html and 'href="javascript' not in html
