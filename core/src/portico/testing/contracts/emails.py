"""What core relies on in a transport, and in plugins that add variables to mails."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from portico.hooks.emails import EmailHooks, EmailText, OutgoingEmail, Purchase
from portico.hooks.errors import PluginSignal
from portico.ids import new_id
from portico.testing.contracts.base import HooksContract, Shop
from portico.testing.factories import make_order


def outgoing(**changes: Any) -> OutgoingEmail:
    """A finished mail, as core hands it to a transport."""
    mail = OutgoingEmail(
        message_id=f"<{new_id('m')}@shop.example>",
        sender="portal@shop.example",
        sender_name="Ünïcode Shop",
        to="ada@example.com",
        reply_to="help@shop.example",
        subject="Your purchase – 日本語 and a long subject " + "word " * 30,
        text="Plain ✓\n.\nA line with one dot above.\nFrom here on.\n",
        html="<p>Rich ✓</p>",
        headers={"List-Unsubscribe": "<https://shop.example/stop>"},
    )
    return replace(mail, **changes)


class EmailTransportContract(HooksContract):
    """A plugin that sends mails.

    Override ``received`` to say what has arrived: for each mail its Message-ID, recipient,
    subject, text and HTML, in the order of arrival. Where the transport needs a server, start it
    in a fixture and save its address in ``settings``, or override ``settings`` as a fixture does.
    """

    async def received(self, shop: Shop) -> list[OutgoingEmail]:
        """The mails that have arrived."""
        raise NotImplementedError("say how to see what has arrived")

    async def test_a_mail_arrives_as_it_was_written(self, shop: Shop) -> None:
        mail = outgoing()
        sent = await shop.ask(EmailHooks.send_email, mail)
        assert isinstance(sent.response, str)
        (arrived,) = await self.received(shop)
        assert arrived.message_id == mail.message_id
        assert arrived.to == mail.to
        assert arrived.subject == mail.subject
        assert arrived.text.replace("\r\n", "\n").rstrip() == mail.text.rstrip()
        assert arrived.html.strip() == mail.html

    async def test_mails_stay_apart(self, shop: Shop) -> None:
        mails = [outgoing(to=f"person{n}@example.com", text=f"mail {n}\n") for n in range(5)]
        for mail in mails:
            await shop.ask(EmailHooks.send_email, mail)
        arrived = await self.received(shop)
        assert sorted((one.to, one.text.strip()) for one in arrived) == [
            (one.to, one.text.strip()) for one in mails
        ]

    async def test_a_repeat_keeps_its_message_id(self, shop: Shop) -> None:
        mail = outgoing()
        for _ in range(2):
            await shop.ask(EmailHooks.send_email, mail)
        assert {one.message_id for one in await self.received(shop)} == {mail.message_id}

    async def test_a_line_break_adds_no_header(self, shop: Shop) -> None:
        mail = outgoing(subject="Hello\r\nBcc: eve@example.com")
        try:
            await shop.ask(EmailHooks.send_email, mail)
        except (PluginSignal, ValueError):
            return
        for arrived in await self.received(shop):
            assert arrived.to == mail.to
            assert not re.search(r"^bcc:", arrived.subject, re.IGNORECASE | re.MULTILINE)
            assert "bcc" not in {name.lower() for name in arrived.headers}


class EmailHooksContract(HooksContract):
    """A plugin that adds variables to mails about a purchase."""

    @pytest.fixture
    def purchase(self, shop: Shop) -> Purchase:
        """A customer's first purchase."""
        order, items = make_order(shop.store, shop.customer, shop.price, shop.product)
        return Purchase(order, items, [shop.product], shop.customer, [])

    async def test_variables_carry_the_plugins_name(self, shop: Shop, purchase: Purchase) -> None:
        for reply in await shop.rt.hooks.each(shop.store, EmailHooks.email_variables, purchase):
            for variable in reply.value:
                assert re.fullmatch(rf"{shop.plugin}\.[a-z][a-z0-9_]*", variable.name)
                assert variable.label.strip()
                assert isinstance(variable.value, str)

    async def test_no_two_variables_have_the_same_name(
        self, shop: Shop, purchase: Purchase
    ) -> None:
        found = await shop.ask(EmailHooks.email_variables, purchase)
        assert found, "the plugin answers email_variables and has none"
        assert len({one.name for one in found}) == len(found)

    async def test_asked_twice_it_says_the_same(self, shop: Shop, purchase: Purchase) -> None:
        first = await shop.ask(EmailHooks.email_variables, purchase)
        assert await shop.ask(EmailHooks.email_variables, purchase) == first

    async def test_names_do_not_depend_on_the_purchase(
        self, shop: Shop, purchase: Purchase
    ) -> None:
        """Sellers pick variables from a menu: the same ones for every customer."""
        from portico.testing.factories import make_customer, make_paid_order  # noqa: PLC0415

        first = await shop.ask(EmailHooks.email_variables, purchase)
        other = await make_customer(shop.rt, shop.store)
        for _ in range(12):
            await make_paid_order(shop.rt, shop.store, other, shop.product, price=shop.price)
        regular = replace(purchase, customer=other)
        found = await shop.ask(EmailHooks.email_variables, regular)
        assert [(one.name, one.label) for one in found] == [(one.name, one.label) for one in first]

    async def test_it_answers_within_its_share_of_a_mail(
        self, shop: Shop, purchase: Purchase
    ) -> None:
        replies = await shop.rt.hooks.each(shop.store, EmailHooks.email_variables, purchase)
        assert [reply.plugin for reply in replies] == [shop.plugin]


class EmailTextsContract(HooksContract):
    """A plugin that queues mails of kinds of its own."""

    def texts(self, shop: Shop) -> list[EmailText]:
        """Every text of the plugin."""
        return shop.rt.registry.contributed(EmailHooks.email_texts).get(shop.plugin, [])

    async def test_kinds_carry_the_plugins_name_and_are_there_in_english(self, shop: Shop) -> None:
        texts = self.texts(shop)
        assert texts, "the plugin answers email_texts and has none"
        assert len({(one.kind, one.locale) for one in texts}) == len(texts)
        for one in texts:
            assert re.fullmatch(rf"{shop.plugin}\.[a-z][a-z0-9_]*", one.kind)
            assert (one.kind, "en") in {(other.kind, other.locale) for other in texts}

    async def test_texts_can_be_filled_in(self, shop: Shop) -> None:
        from portico.emails.render import render  # noqa: PLC0415 - pytest's start

        values = {"store": {"name": "Shop"}, "portal": {"url": "https://shop.example/"}}
        for one in self.texts(shop):
            content = render(one.subject, one.body, values)
            assert content.subject and content.html and content.text
