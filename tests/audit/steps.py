"""What has to be there before a line of the table can be asked, and what comes after it."""

import re
from collections.abc import AsyncIterator, Mapping

import sqlalchemy as sa
from portico.activation import service as activation
from portico.catalog import service as catalog
from portico.customers import service as customers
from portico.db import Command, Query
from portico.emails import sender
from portico.emails.tables import email_templates
from portico.entitlements.tables import grants
from portico.licenses.models import LicenseState
from portico.licenses.tables import licenses
from portico.people.changes import own
from portico.sellers import service as sellers
from portico.sellers import team
from portico.sellers.models import Role
from portico.sessions.tokens import hash_token
from portico.stores import service as stores
from portico.subscriptions import changes as plan_changes
from portico.subscriptions import service as subscriptions
from portico.subscriptions.tables import payment_methods
from portico.testing import factories
from portico.testing.browser import Browser, ReceivedMail
from portico.uploads import service as uploads
from portico.worker import Worker

from tests.audit.walk import Walk
from tests.support.world import VICTIM

CARD = {"number": "4242424242424242", "expiry": "12 / 34", "cvc": "123", "step": "pay"}
_BYTES = b"a file"


async def bytes_of_a_file() -> AsyncIterator[bytes]:
    yield _BYTES


async def a_grant(walk: Walk) -> Mapping[str, str]:
    query = Query(str, sa.select(grants.c.id).order_by(grants.c.id.desc()))
    return {"grant_id": (await walk.world.rt.db.all(query))[0]}


async def a_pending_key(walk: Walk) -> Mapping[str, str]:
    return await _a_key(walk, LicenseState.PENDING)


async def an_active_key(walk: Walk) -> Mapping[str, str]:
    return await _a_key(walk, LicenseState.ACTIVE)


async def the_newest_key(walk: Walk) -> Mapping[str, str]:
    """What the line above has put in the place of the old one."""
    await Worker(walk.world.rt).drain()
    query = Query(str, sa.select(licenses.c.id).order_by(licenses.c.number.desc()))
    return {"license_id": (await walk.world.rt.db.all(query))[0]}


async def _a_key(walk: Walk, state: LicenseState) -> Mapping[str, str]:
    """The customer's key, whatever became of it in the lines above."""
    await Worker(walk.world.rt).drain()
    key = licenses.c.id == walk.ids["license_id"]
    await walk.world.rt.db.run(Command(sa.update(licenses).where(key).values(state=state)))
    return {}


async def a_stranger(walk: Walk) -> Mapping[str, str]:
    """A customer whom nothing else in the walk needs."""
    made = await factories.make_customer(walk.world.rt, walk.world.store)
    return {"customer_id": made.id, "email": made.email}


async def two_strangers(walk: Walk) -> Mapping[str, str]:
    other = await a_stranger(walk)
    return {**await a_stranger(walk), "other_id": other["customer_id"]}


async def a_saved_text(walk: Walk) -> Mapping[str, str]:
    query = Query(str, sa.select(email_templates.c.id).order_by(email_templates.c.id.desc()))
    return {"template_id": (await walk.world.rt.db.all(query))[0]}


async def a_product(walk: Walk) -> Mapping[str, str]:
    """A product with two files, for what would spoil the demo's."""
    rt, store = walk.world.rt, walk.world.store
    made = await factories.make_product(rt, store)
    price = await factories.make_price(rt, store, made)
    files = [
        await catalog.add_file(
            rt, store, made.id, filename=f"{n}.txt", chunks=bytes_of_a_file(), by="test"
        )
        for n in range(2)
    ]
    return {
        "product_id": made.id, "price_id": price.id, "file_id": files[0].file_id,
        "second_id": files[1].file_id, "version": files[0].id,
    }  # fmt: skip


async def an_archived_product(walk: Walk) -> Mapping[str, str]:
    found = await a_product(walk)
    rt, store = walk.world.rt, walk.world.store
    await catalog.archive_product(rt, store, found["product_id"], by="test")
    await catalog.set_price_active(rt, store, found["price_id"], False, by="test")
    return found


async def a_whole_upload(walk: Walk) -> Mapping[str, str]:
    rt, store = walk.world.rt, walk.world.store
    upload = await uploads.begin(
        rt, store, walk.ids["product_id"], filename="a.txt", size=len(_BYTES)
    )
    await uploads.append(rt, store, upload.id, 0, len(_BYTES), bytes_of_a_file())
    return {"upload_id": upload.id}


async def a_member(walk: Walk) -> Mapping[str, str]:
    found = await sellers.by_email(walk.world.rt, "support@example.com")
    assert found is not None
    return {"seller_id": found.id}


async def an_invitation(walk: Walk) -> Mapping[str, str]:
    rt = walk.world.rt
    await team.invite(rt, walk.world.store, "asked@example.com", Role.SUPPORT, by="test")
    found = await sellers.by_email(rt, "asked@example.com")
    assert found is not None
    return {"seller_id": found.id}


async def an_invitation_of_the_owner(walk: Walk) -> Mapping[str, str]:
    """To the other store, of which the owner is no member."""
    rt, other = walk.world.rt, walk.world.other
    await team.invite(rt, other, "seller@example.com", Role.MANAGER, by="test")
    return {"store_id": other.id}


async def a_sender_address(walk: Walk) -> Mapping[str, str]:
    rt = walk.world.rt
    store = await stores.by_id(rt, walk.world.store.id)
    assert store is not None
    await sender.change(rt, store, "Shop", "shop@example.net", by="test", locale="en")
    link = sender.link(rt, {
        "sender_store": store.id, "sender_slug": store.slug, "sender_address": "shop@example.net",
    })  # fmt: skip
    return {"token": link.partition("token=")[2]}


async def a_proof_of_an_address(walk: Walk) -> Mapping[str, str]:
    rt, store = walk.world.rt, walk.world.store
    victim = await customers.by_id(rt, store.id, walk.ids["customer_id"])
    assert victim is not None
    await customers.request_email_change(rt, store, victim, "new@example.com", locale="en")
    return {"token": (await _newest_mail(walk, "new@example.com")).token}


async def _newest_mail(walk: Walk, to: str) -> ReceivedMail:
    """What the newest mail to this address says."""
    await Worker(walk.world.rt).drain()
    client = walk.world.app.test_client()
    found = await (await client.get("/mailbox/api/v1/messages?limit=500")).get_json()
    newest = next(one for one in found["messages"] if one["To"][0]["Address"] == to)
    mail = await (await client.get(f"/mailbox/api/v1/message/{newest['ID']}")).get_json()
    return ReceivedMail(to, mail["Subject"], mail["Text"])


async def a_sellers_link(walk: Walk) -> Mapping[str, str]:
    walk.guest = Browser(walk.world.app)
    await walk.guest.get("/dashboard/sign-in")
    await walk.guest.send("/dashboard/sign-in", email="manager@example.com")
    mail = await _newest_mail(walk, "manager@example.com")
    manager = await sellers.by_email(walk.world.rt, "manager@example.com")
    assert manager is not None
    return {"token": mail.token, "code": mail.code, "manager": manager.id}


async def a_customers_link(walk: Walk) -> Mapping[str, str]:
    address = {"email": (await a_stranger(walk))["email"]}
    found = await customers.by_email(walk.world.rt, walk.world.store.id, address["email"])
    assert found is not None
    walk.guest = Browser(walk.world.app)
    await walk.guest.get("/p/demo/sign-in")
    await walk.guest.send("/p/demo/sign-in", **address)
    mail = await _newest_mail(walk, address["email"])
    return {"token": mail.token, "code": mail.code, "stranger": found.id}


async def a_mail_to_erase(walk: Walk) -> Mapping[str, str]:
    rt, store = walk.world.rt, walk.world.store
    made = await factories.make_customer(rt, store)
    await own.ask(rt, store, made, locale="en")
    walk.guest = Browser(walk.world.app)
    await walk.guest.get("/p/demo/sign-in")
    return {"token": (await _newest_mail(walk, made.email)).token, "stranger": made.id}


async def a_view(walk: Walk) -> Mapping[str, str]:
    await walk.owner.get("/dashboard/demo/settings/team")
    await walk.owner.send(f"/dashboard/demo/customers/{walk.ids['customer_id']}/view")
    return {}


async def a_device(walk: Walk) -> Mapping[str, str]:
    """Another browser in which the customer is signed in."""
    rt, store = walk.world.rt, walk.world.store
    victim = await customers.by_id(rt, store.id, walk.ids["customer_id"])
    assert victim is not None
    other = Browser(walk.world.app)
    await other.sign_in(victim)
    return {"session_id": hash_token(other.cookies["portico-demo"])}


async def a_checkout(walk: Walk) -> Mapping[str, str]:
    """The card page of a purchase."""
    page = await walk.customer.get("/p/demo/buy/specimen-book")
    price = re.search(r'name="price_id" value="([^"]+)"', page)
    assert price is not None
    await walk.customer.send("/p/demo/buy/specimen-book", price_id=price[1], email=VICTIM)
    return {"id": walk.customer.location.rpartition("/")[2].partition("?")[0]}


async def a_new_card(walk: Walk) -> Mapping[str, str]:
    """The card page for a subscription's next payments."""
    await walk.customer.get("/p/demo/settings")
    await walk.customer.send(f"/p/demo/subscriptions/{walk.ids['subscription_id']}/payment-method")
    return {"id": walk.customer.location.rpartition("/")[2].partition("?")[0]}


async def a_change_of_plan(walk: Walk) -> Mapping[str, str]:
    """Two instead of one, in a store that lets customers change, pause and pay less."""
    rt = walk.world.rt
    rules = {
        "subscription_update": {"quantity": True, "pause_months": 12},
        "cancellation": {"retention_percent_off": 20, "retention_months": 13},
    }
    store = await stores.update_portal(rt, walk.world.store.id, rules, by="test")
    customer = await customers.by_id(rt, store.id, walk.ids["customer_id"])
    assert customer is not None
    one = await subscriptions.by_id(rt, store.id, customer.id, walk.ids["subscription_id"])
    assert one is not None
    assert one.price_id is not None
    previewed = await plan_changes.preview_change(rt, store, customer, one.id, one.price_id, 2)
    return {"change_id": previewed.id}


async def back_in_the_portal(walk: Walk) -> None:
    await walk.customer.follow()


async def an_unused_method(walk: Walk) -> Mapping[str, str]:
    """A card with which nothing is paid any more: another one is given for everything."""
    await walk.customer.get("/p/demo/settings")
    await walk.customer.send("/p/demo/billing/payment-methods")
    card_page = walk.customer.location
    await walk.customer.get(card_page)
    await walk.customer.send(card_page, **CARD)
    await walk.customer.follow()
    query = Query(
        str,
        sa.select(payment_methods.c.id).where(
            payment_methods.c.detached_at.is_(None), payment_methods.c.is_default.is_(False)
        ),
    )
    return {"method_id": (await walk.world.rt.db.all(query))[0]}


async def a_product_by_its_second_file(walk: Walk) -> Mapping[str, str]:
    found = await a_product(walk)
    return {**found, "file_id": found["second_id"]}


async def an_invitation_of_the_owner_again(walk: Walk) -> Mapping[str, str]:
    """They have joined in the line before: they leave first."""
    rt, other = walk.world.rt, walk.world.other
    await sellers.invite(rt, other, "keeper@example.com", Role.OWNER, by="test")
    await team.remove(rt, other.id, walk.ids["seller"], by="test")
    return await an_invitation_of_the_owner(walk)


async def a_kind_to_switch(walk: Walk) -> Mapping[str, str]:
    return {"kind": "renewal_receipt"}


async def the_help_desk(walk: Walk) -> Mapping[str, str]:
    await activation.enable(walk.world.rt, walk.world.store, "helpdesk", by="test")
    return {"name": "helpdesk"}


async def stripe(walk: Walk) -> Mapping[str, str]:
    await activation.enable(walk.world.rt, walk.world.store, "payments_stripe", by="test")
    return {"name": "payments_stripe"}


async def the_logo(walk: Walk) -> Mapping[str, str]:
    return {"name": "logo"}
