"""The mailbox keeps what core relies on in every transport."""

from portico.api import OutgoingEmail
from portico.testing.contracts import EmailTransportContract
from portico.testing.contracts.base import Shop
from portico_email_mailbox import plugin, tables


class TestTransport(EmailTransportContract):
    plugin = plugin

    async def received(self, shop: Shop) -> list[OutgoingEmail]:
        found = await shop.rt.db.all(tables.NEWEST, start=0, limit=100)
        return [
            OutgoingEmail(
                one.message_id, one.sender, one.sender_name, one.to_address, one.reply_to,
                one.subject, one.body_text, one.body_html, one.headers,
            )
            for one in reversed(found)
        ]  # fmt: skip
