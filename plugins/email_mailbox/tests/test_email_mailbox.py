"""The mailbox: what it keeps, its pages, and Mailpit's JSON."""

from typing import Any

import pytest
from portico.api import EmailHooks, OutgoingEmail
from portico_email_mailbox import plugin
from portico_email_mailbox.plugin import EmailMailbox

pytestmark = pytest.mark.plugins(plugin)


def mail(number: int = 1, **changes: Any) -> OutgoingEmail:
    values: dict[str, Any] = {
        "message_id": f"<m{number}@acme.example>",
        "sender": "portal@acme.example",
        "sender_name": "Acme",
        "to": "ada@example.com",
        "reply_to": "help@acme.example",
        "subject": f"Mail {number} <b>",
        "text": f"Hello {number}\nhttps://acme.example/link?token=x",
        "html": "<html><head></head><body><p>Hello <a href='https://acme.example/'>x</a>"
        "<script>alert(1)</script></p></body></html>",
        "headers": {"Auto-Submitted": "auto-generated"},
    }
    return OutgoingEmail(**(values | changes))


async def keep(runtime: Any, *mails: OutgoingEmail) -> None:
    for one in mails:
        await runtime.hooks.owner(None, "email_mailbox", EmailHooks.send_email, one)


async def test_mailpits_list_is_newest_first_and_counts(runtime: Any, client: Any) -> None:
    empty = await (await client.get("/mailbox/api/v1/messages")).get_json()
    assert (empty["total"], empty["unread"], empty["messages"]) == (0, 0, [])
    await keep(runtime, *(mail(number) for number in range(1, 4)))
    found = await (await client.get("/mailbox/api/v1/messages?limit=2&start=1")).get_json()
    assert (found["total"], found["unread"], found["count"], found["start"]) == (3, 3, 2, 1)
    first = found["messages"][0]
    assert first["Subject"] == "Mail 2 <b>"
    assert first["MessageID"] == "m2@acme.example"
    assert first["From"] == {"Name": "Acme", "Address": "portal@acme.example"}
    assert first["To"] == [{"Name": "", "Address": "ada@example.com"}]
    assert first["ReplyTo"] == [{"Name": "", "Address": "help@acme.example"}]
    assert first["Snippet"].startswith("Hello 2 https://")
    assert first["Created"].endswith("Z") and first["Read"] is False and first["Size"] > 50


async def test_mailpits_message_has_both_bodies_and_is_read_then(runtime: Any, client: Any) -> None:
    await keep(runtime, mail())
    listed = await (await client.get("/mailbox/api/v1/messages")).get_json()
    found = await (
        await client.get(f"/mailbox/api/v1/message/{listed['messages'][0]['ID']}")
    ).get_json()
    assert found["Text"] == mail().text and found["HTML"] == mail().html
    assert found["Subject"] == "Mail 1 <b>" and found["Date"] and found["Attachments"] == []
    latest = await (await client.get("/mailbox/api/v1/message/latest")).get_json()
    assert latest["ID"] == found["ID"]
    assert (await (await client.get("/mailbox/api/v1/messages")).get_json())["unread"] == 0
    assert (await client.get("/mailbox/api/v1/message/nope")).status_code == 404


async def test_the_pages_show_the_mail_and_run_nothing_of_it(runtime: Any, client: Any) -> None:
    await keep(runtime, mail())
    page = await (await client.get("/mailbox/")).get_data(as_text=True)
    assert "Mail 1 &lt;b&gt;" in page and "<b>" not in page
    found = await (await client.get("/mailbox/api/v1/message/latest")).get_json()
    path = f"/mailbox/message/{found['ID']}"
    shown = await (await client.get(path)).get_data(as_text=True)
    assert "<iframe" in shown and 'sandbox="allow-popups' in shown
    assert "alert(1)" not in shown
    framed = await client.get(f"{path}/html")
    policy = framed.headers["Content-Security-Policy"]
    assert "sandbox" in policy and "allow-scripts" not in policy
    assert '<base target="_blank">' in await framed.get_data(as_text=True)
    text = await (await client.get(f"{path}?view=text")).get_data(as_text=True)
    assert 'href="https://acme.example/link?token=x"' in text
    headers = await (await client.get(f"{path}?view=headers")).get_data(as_text=True)
    assert "&lt;m1@acme.example&gt;" in headers and "auto-generated" in headers
    assert (await client.get("/mailbox/message/nope")).status_code == 404


async def test_the_pages_speak_german(runtime: Any, client: Any) -> None:
    german = {"Accept-Language": "de"}
    page = await (await client.get("/mailbox/", headers=german)).get_data(as_text=True)
    assert "Postfach" in page and "Es gibt noch keine Mail" in page
    await keep(runtime, mail(1), mail(2))
    page = await (await client.get("/mailbox/", headers=german)).get_data(as_text=True)
    assert "2 Mails" in page and "2 ungelesen" in page


async def test_delete_all_needs_the_forms_token(runtime: Any, client: Any) -> None:
    await keep(runtime, mail())
    await client.post("/mailbox/delete")
    left = await (await client.get("/mailbox/api/v1/messages")).get_json()
    assert left["total"] == 1
    page = await (await client.get("/mailbox/")).get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = await client.post("/mailbox/delete", form={"csrf_token": token})
    assert answer.status_code == 303 and answer.headers["Location"].endswith("/mailbox/")
    left = await (await client.get("/mailbox/api/v1/messages")).get_json()
    assert left["total"] == 0


async def test_a_machine_may_empty_it(runtime: Any, client: Any) -> None:
    await keep(runtime, mail())
    assert (await client.delete("/mailbox/api/v1/messages")).status_code == 200
    left = await (await client.get("/mailbox/api/v1/messages")).get_json()
    assert left["total"] == 0


def test_it_is_for_the_demo_only() -> None:
    assert EmailMailbox.demo_only
