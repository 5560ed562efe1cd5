"""Mail through real servers: encryption, sign-in, refusals, silence."""

import email
import socket
import threading
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from portico.api import (
    EmailHooks,
    HealthCheck,
    InvalidSettings,
    LifecycleHooks,
    OutgoingEmail,
    PrivateAddress,
    Refused,
    RetryLater,
    SettingsChange,
    open_socket,
)
from portico.testing.factories import make_store
from portico_email_smtp import connections, plugin
from portico_email_smtp.plugin import FULL, GREYLISTED, MEND_FIRST, SOON
from portico_email_smtp.server import Security, SmtpSettings, parse_url, server_of

Start = Callable[..., int]


@pytest.fixture(params=["sqlite"])
def dialect() -> str:
    """The plugin has no tables: one database is as good as the other."""
    return "sqlite"


pytestmark = pytest.mark.plugins(plugin)


def mail(**changes: Any) -> OutgoingEmail:
    values: dict[str, Any] = {
        "message_id": "<m1@acme.example>",
        "sender": "portal@acme.example",
        "sender_name": "Käse & Söhne",
        "to": "ada@example.com",
        "reply_to": "help@acme.example",
        "subject": "Ihr Anmeldelink für Käse",
        "text": "Grüße\n.\nvon uns\n",
        "html": "<p>Grüße</p>",
        "headers": {"Auto-Submitted": "auto-generated"},
    }
    return OutgoingEmail(**(values | changes))


async def send(runtime: Any, message: OutgoingEmail | None = None) -> str:
    sent = await runtime.hooks.owner(None, "email_smtp", EmailHooks.send_email, message or mail())
    return str(sent.response)


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def point(value: str) -> None:
        monkeypatch.setenv("PORTICO_SMTP_URL", value)

    return point


async def test_a_mail_arrives_whole(runtime: Any, start: Start, inbox: Any, url: Any) -> None:
    url(f"smtp://127.0.0.1:{start()}")
    assert await send(runtime) == "queued as 1"
    (envelope,) = inbox.mails
    assert envelope.mail_from == "portal@acme.example"
    assert envelope.rcpt_tos == ["ada@example.com"]
    got = email.message_from_bytes(envelope.content, policy=default)
    assert isinstance(got, EmailMessage)
    assert got["Message-ID"] == "<m1@acme.example>"
    assert got["From"] == "Käse & Söhne <portal@acme.example>"
    assert got["Subject"] == "Ihr Anmeldelink für Käse"
    assert got["Reply-To"] == "help@acme.example" and got["Date"]
    assert got["Auto-Submitted"] == "auto-generated"
    text, html = got.iter_parts()
    assert text.get_content_type() == "text/plain" and html.get_content_type() == "text/html"
    assert text.get_content().replace("\r\n", "\n") == "Grüße\n.\nvon uns\n"
    assert "<p>Grüße</p>" in html.get_content()


@pytest.mark.parametrize(("scheme", "kind"), [("smtp+starttls", "starttls"), ("smtps", "tls")])
async def test_encryption_and_sign_in(
    runtime: Any, start: Start, inbox: Any, url: Any, certificate: Any, scheme: str, kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    port = start(kind, auth=True)
    url(f"{scheme}://acme:p%40ss%2Fword@127.0.0.1:{port}")
    with pytest.raises(RetryLater, match="No encrypted connection") as untrusted:
        await send(runtime)
    assert untrusted.value.after == MEND_FIRST
    monkeypatch.setenv("PORTICO_SMTP_CA_FILE", str(certificate[0]))
    await send(runtime)
    assert len(inbox.mails) == 1
    url(f"{scheme}://acme:wrong@127.0.0.1:{port}")
    with pytest.raises(RetryLater, match="does not accept the user name and password"):
        await send(runtime)
    assert len(inbox.mails) == 1


async def test_required_encryption_is_never_left_out(
    runtime: Any, start: Start, inbox: Any, url: Any
) -> None:
    url(f"smtp+starttls://127.0.0.1:{start()}")
    with pytest.raises(RetryLater):
        await send(runtime)
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("command", "answer", "after"),
    [
        ("RCPT", "450 4.2.0 Greylisted, try again", GREYLISTED),
        ("RCPT", "451 4.7.1 Try again later", GREYLISTED),
        ("RCPT", "452 4.2.2 Mailbox full", FULL),
        ("DATA", "451 4.3.0 Trouble", GREYLISTED),
        ("MAIL", "553 5.7.1 Not your address", MEND_FIRST),
    ],
)
async def test_what_may_pass_is_tried_again(
    runtime: Any, start: Start, inbox: Any, url: Any, command: str, answer: str, after: Any
) -> None:
    url(f"smtp://127.0.0.1:{start()}")
    inbox.answers[command] = [answer]
    with pytest.raises(RetryLater, match=answer.partition(" ")[2]) as later:
        await send(runtime)
    assert later.value.after == after
    await send(runtime)
    assert len(inbox.mails) == 1


@pytest.mark.parametrize(
    ("command", "answer"),
    [("RCPT", "550 5.1.1 No such user"), ("DATA", "554 5.7.1 We do not want this")],
)
async def test_what_will_never_pass_is_refused(
    runtime: Any, start: Start, inbox: Any, url: Any, command: str, answer: str
) -> None:
    url(f"smtp://127.0.0.1:{start()}")
    inbox.answers[command] = [answer]
    with pytest.raises(Refused, match=answer):
        await send(runtime)
    assert inbox.mails == []


async def test_connections_are_used_again(
    runtime: Any, start: Start, inbox: Any, url: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url(f"smtp://127.0.0.1:{start()}")
    monkeypatch.setattr(connections, "FRESH_SECONDS", 0.0)
    for number in range(5):
        await send(runtime, mail(message_id=f"<{number}@acme.example>"))
    assert len(inbox.mails) == 5 and len(inbox.sessions) == 1


async def test_a_server_that_was_stopped_is_waited_for_and_found_again(
    runtime: Any, start: Any, inbox: Any, url: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = start()
    url(f"smtp://127.0.0.1:{port}")
    monkeypatch.setattr(connections, "FRESH_SECONDS", 0.0)
    await send(runtime)
    start.controllers.pop().stop()
    with pytest.raises(RetryLater, match=r"No connection to 127\.0\.0\.1") as later:
        await send(runtime)
    assert later.value.after == SOON
    start(port=port)
    await send(runtime)
    assert len(inbox.mails) == 2


async def test_a_silent_server_is_given_up_after_its_time(
    runtime: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        held: list[socket.socket] = []
        thread = threading.Thread(target=lambda: held.append(listening.accept()[0]))
        thread.start()
        server = parse_url(f"smtp://127.0.0.1:{port}", 0.3)
        monkeypatch.setenv("PORTICO_SMTP_URL", "smtp://silent")
        monkeypatch.setattr("portico_email_smtp.server.parse_url", lambda *_: server)
        with pytest.raises(RetryLater, match=r"did not answer within 0\.3 seconds"):
            await send(runtime)
        thread.join()
        for one in held:
            one.close()


async def test_without_a_server_the_mail_waits_and_says_what_to_set(
    runtime: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PORTICO_SMTP_URL", raising=False)
    with pytest.raises(RetryLater, match="set PORTICO_SMTP_URL"):
        await send(runtime)
    monkeypatch.setenv("PORTICO_SMTP_URL", "mail.example.com")
    with pytest.raises(RetryLater, match="must look like smtp"):
        await send(runtime)


async def test_a_line_break_in_a_value_adds_no_header(
    runtime: Any, start: Start, inbox: Any, url: Any
) -> None:
    url(f"smtp://127.0.0.1:{start()}")
    foul = "x\r\nBcc: all@example.com"
    await send(
        runtime,
        mail(subject=foul, sender_name=foul, reply_to=foul, headers={"X-One": foul}),
    )
    (envelope,) = inbox.mails
    got = email.message_from_bytes(envelope.content, policy=default)
    assert got["Bcc"] is None and envelope.rcpt_tos == ["ada@example.com"]


async def test_a_seller_cannot_point_at_the_inner_network(
    runtime: Any, start: Start, inbox: Any
) -> None:
    port = start()
    store = await make_store(runtime)
    settings = SmtpSettings(host="127.0.0.1", port=port, security=Security.NONE)
    change = SettingsChange(SmtpSettings(), settings)
    with pytest.raises(InvalidSettings, match="not a public address"):
        await runtime.hooks.owner(store, "email_smtp", LifecycleHooks.validate_settings, change)
    for host in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "0.0.0.0"):
        with pytest.raises(PrivateAddress):
            await open_socket(host, port, timeout=2)
    assert inbox.mails == []


async def test_the_doctor_says_whether_the_server_answers(
    runtime: Any, start: Start, url: Any
) -> None:
    async def ask() -> list[Any]:
        found = await runtime.hooks.each(None, LifecycleHooks.check_health, HealthCheck(deep=True))
        return [report for reply in found for report in reply.value]

    port = start()
    url(f"smtp://127.0.0.1:{port}")
    (good,) = await ask()
    assert good.ok and "answers" in good.what
    url("smtp://127.0.0.1:1")
    (bad,) = await ask()
    assert not bad.ok and "No connection to 127.0.0.1:1" in bad.fix


def test_a_url_is_read_in_full() -> None:
    server = parse_url("smtps://a%40b:p%3Aw@mail.example.com", 20)
    assert (server.host, server.port, server.username, server.password, server.security) == (
        "mail.example.com", 465, "a@b", "p:w", Security.TLS,
    )  # fmt: skip
    for wrong in ("mail.example.com:25", "http://mail.example.com", "smtp://", "smtp://x:99999"):
        with pytest.raises(ValueError, match="must look like"):
            parse_url(wrong, 20)


def test_a_stores_own_server_comes_before_the_installations(url: Any) -> None:
    url("smtp://relay.internal")
    own = server_of(SmtpSettings(host="smtp.acme.example"))
    assert own is not None and (own.host, own.port, own.trusted) == (
        "smtp.acme.example",
        587,
        False,
    )
    relay = server_of(SmtpSettings())
    assert relay is not None and (relay.host, relay.port, relay.trusted) == (
        "relay.internal",
        25,
        True,
    )
