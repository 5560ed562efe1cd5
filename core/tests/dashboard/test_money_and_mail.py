"""Settings > Payments and > Sender."""

from datetime import timedelta

from portico.emails import sender
from portico.emails.models import EmailKind
from portico.emails.sender import Sender
from portico.emails.service import queue
from portico.sellers.models import Role
from portico.stores import service as stores
from portico.testing.browser import new_mail
from portico.worker import Worker

PAYMENTS, SENDER = "/dashboard/shop/settings/payments", "/dashboard/shop/settings/sender"


async def to_confirm(runtime, mails):
    """The mail with the link."""
    sent = await new_mail(runtime, mails)
    (mail,) = [one for one in sent if one.to == "hello@shoes.example"]
    return mail


async def sent_from(runtime, store, mails):
    """Name and address that a mail of the store comes from."""
    store = await stores.by_id(runtime, store.id)
    params = {"new_email": "new@example.com"}
    async with runtime.db.transaction():
        await queue(
            runtime, store, EmailKind.EMAIL_CHANGED, "a@example.com", params=params, locale="en"
        )
    await Worker(runtime).drain()
    mail = mails.sent.pop()
    return mail.sender_name, mail.sender


async def test_payments_says_who_takes_money_and_who_may_change_it(owner, team, signed_in):
    page = await owner.get(PAYMENTS)
    assert "nothing can be bought" in page and "Switch to live mode" in page
    manager = await signed_in(team[Role.MANAGER])
    assert "An owner of the store can change this." in await manager.get(PAYMENTS)


async def test_a_sender_address_is_used_once_its_mail_is_answered(
    owner, runtime, store, mails, clock
):
    await owner.get(SENDER)
    await owner.send(SENDER, name="Shoes & Co", address="Hello@Shoes.example")
    assert "hello@shoes.example is not confirmed yet" in await owner.follow()
    mail = await to_confirm(runtime, mails)
    assert mail.to == "hello@shoes.example" and "three days" in mail.text
    assert await sent_from(runtime, store, mails) == ("Shoes & Co", "portal@127.0.0.1")
    page = await owner.get(mail.path)
    assert "hello@shoes.example" in page
    assert Sender.of(await stores.by_id(runtime, store.id)).address == ""  # GET changes nothing
    await owner.send(f"{SENDER}/confirm", token=mail.token)
    assert "Mails come from this address now." in await owner.follow()
    assert await sent_from(runtime, store, mails) == ("Shoes & Co", "hello@shoes.example")
    await owner.send(SENDER, name="", address="")
    assert await sent_from(runtime, store, mails) == ("Shop", "portal@127.0.0.1")


async def test_a_link_that_is_old_false_or_of_another_store_confirms_nothing(
    owner, runtime, store, mails, clock
):
    await owner.get(SENDER)
    await owner.send(SENDER, name="", address="hello@shoes.example")
    mail = await to_confirm(runtime, mails)
    await owner.send(SENDER, name="x", address="no address")
    assert owner.status == 400
    store = await stores.by_id(runtime, store.id)
    assert sender.address_of(runtime, store, "x" + mail.token) is None
    assert sender.address_of(runtime, store, "") is None
    other = await stores.create(runtime, slug="other", name="Other", by="test")
    other = await stores.update_settings(runtime, other.id, settings=store.settings, by="test")
    assert sender.address_of(runtime, other, mail.token) is None
    assert sender.address_of(runtime, store, mail.token) == "hello@shoes.example"
    clock.advance(timedelta(days=sender.DAYS, seconds=1))
    assert sender.address_of(runtime, store, mail.token) is None
