"""A subscription goes on to another product that sells license keys, or to more copies."""

from datetime import timedelta
from typing import Any

import pytest
from portico.api import (
    Context,
    Interval,
    IssuedLicense,
    LicenseGrant,
    LicenseHooks,
    Plugin,
    Price,
    Refused,
    hookimpl,
)
from portico.licenses import service as licenses
from portico.licenses.models import License, LicenseState
from portico.testing.browser import KeepMail, new_mail
from portico.testing.factories import make_price, make_product

Shop = Any  # the fixture's class; see conftest.py


class Issuer(Plugin, LicenseHooks):
    name, title = "issuer", "Issuer"

    def __init__(self) -> None:
        self.error: Exception | None = None

    @hookimpl
    async def issue_license(self, ctx: Context, grant: LicenseGrant) -> IssuedLicense:
        if self.error is not None:
            raise self.error
        return IssuedLicense(f"KEY-{grant.license.number}")


@pytest.fixture
def mail() -> KeepMail:
    return KeepMail()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def portico_plugins(fake, issuer, mail):
    return (fake, issuer, mail)


async def plan(shop: Shop, issuer: str | None = "issuer", **options: Any) -> Price:
    """A price by the month of a product of its own."""
    product = await make_product(shop.rt, shop.store, license_issuer=issuer, **options)
    return await make_price(shop.rt, shop.store, product, Interval.MONTH)


async def subscribe(shop: Shop, price: Price, mail: KeepMail) -> list[License]:
    """Buy it; returns the keys that came with it."""
    ref = await shop.begin(price)
    await shop.report(shop.paid(ref), shop.subscribed(payment_ref=ref, price_id=price.id))
    await new_mail(shop.rt, mail)
    return await keys(shop, price)


async def switch(shop: Shop, price: Price, quantity: int = 1) -> None:
    shop.clock.advance(timedelta(minutes=1))
    await shop.report(shop.subscribed(price_id=price.id, quantity=quantity))


async def keys(shop: Shop, price: Price) -> list[License]:
    buyer = await shop.customer()
    held = await licenses.of_customer(shop.rt, shop.store.id, buyer.id)
    return [one for one in held if one.product_id == price.product_id]


async def test_another_product_brings_its_keys_and_the_old_one_keeps_its_own(
    shop: Shop, mail: KeepMail
) -> None:
    first, second = await plan(shop), await plan(shop)
    (bought,) = await subscribe(shop, first, mail)
    await switch(shop, second, 2)
    await switch(shop, second, 2)  # a report that comes twice
    (told,) = await new_mail(shop.rt, mail)
    new = await keys(shop, second)
    assert [one.state for one in new] == [LicenseState.ACTIVE] * 2
    assert all(f"{one.key}" in told.text for one in new)
    assert "has changed" in told.subject
    assert bought.key not in told.text
    assert await keys(shop, first) == [bought]  # as after a cancellation: it stays
    # Back and forth: only the copy that never had a key gets one.
    await switch(shop, first, 2)
    (told,) = await new_mail(shop.rt, mail)
    added, same = await keys(shop, first)
    assert (same, added.key in told.text, bought.key in told.text) == (bought, True, False)
    await switch(shop, second, 2)
    (told,) = await new_mail(shop.rt, mail)
    assert "KEY-" not in told.text
    assert await keys(shop, second) == new


async def test_copies_that_are_added_bring_keys_and_fewer_take_none(
    shop: Shop, mail: KeepMail
) -> None:
    price = await plan(shop)
    (bought,) = await subscribe(shop, price, mail)
    await switch(shop, price, 3)
    (told,) = await new_mail(shop.rt, mail)
    assert told.text.count("KEY-") == 2
    await switch(shop, price, 1)
    await switch(shop, price, 3)
    assert len(await keys(shop, price)) == 3
    assert bought in await keys(shop, price)


async def test_a_bundle_brings_the_keys_of_what_is_in_it(shop: Shop, mail: KeepMail) -> None:
    first, inside = await plan(shop), await plan(shop)
    bundle = await plan(shop, None, bundle_of=[inside.product_id])
    await subscribe(shop, first, mail)
    await switch(shop, bundle)
    (told,) = await new_mail(shop.rt, mail)
    (new,) = await keys(shop, inside)
    assert f"{new.key}" in told.text


async def test_an_issuer_that_gives_no_key_does_not_keep_back_the_news(
    shop: Shop, mail: KeepMail, issuer: Issuer
) -> None:
    first, second = await plan(shop), await plan(shop)
    await subscribe(shop, first, mail)
    issuer.error = Refused("All keys are sold.")
    await switch(shop, second, 2)
    (told,) = await new_mail(shop.rt, mail)
    assert "has changed" in told.subject
    assert "License keys" not in told.text
    for waits in await keys(shop, second):
        await licenses.disable(shop.rt, shop.store, waits.id, by="test")  # the seller gives up
    assert await new_mail(shop.rt, mail) == []


async def test_a_key_that_the_seller_gives_up_does_not_keep_back_the_news(
    shop: Shop, mail: KeepMail
) -> None:
    first, second = await plan(shop), await plan(shop)
    await subscribe(shop, first, mail)
    await switch(shop, second)
    (waits,) = await keys(shop, second)
    await licenses.disable(shop.rt, shop.store, waits.id, by="test")
    (told,) = await new_mail(shop.rt, mail)
    assert "has changed" in told.subject
