"""SMTP keeps what core relies on in every transport."""

import email
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from portico.api import OutgoingEmail
from portico.testing.contracts import EmailTransportContract
from portico.testing.contracts.base import Shop
from portico_email_smtp import plugin


class TestTransport(EmailTransportContract):
    plugin = plugin

    @pytest.fixture(autouse=True)
    def server(
        self, inbox: Any, start: Callable[..., int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PORTICO_SMTP_URL", f"smtp://127.0.0.1:{start()}")
        self.inbox = inbox

    async def received(self, shop: Shop) -> list[OutgoingEmail]:
        return [_read(envelope.content, envelope.rcpt_tos[0]) for envelope in self.inbox.mails]


def _read(content: bytes, to: str) -> OutgoingEmail:
    got = email.message_from_bytes(content, policy=default)
    assert isinstance(got, EmailMessage)
    text, html = got.iter_parts()
    return OutgoingEmail(
        message_id=str(got["Message-ID"]),
        sender=str(got["From"]),
        sender_name="",
        to=to,
        reply_to=str(got["Reply-To"]),
        subject=str(got["Subject"]),
        text=text.get_content(),
        html=html.get_content(),
        headers={name: str(value) for name, value in got.items()},
    )
