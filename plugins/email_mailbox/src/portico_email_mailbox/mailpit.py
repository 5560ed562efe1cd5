"""The mailbox in Mailpit's JSON, so that tools written for Mailpit can read it.

Shapes: https://mailpit.axllent.org/docs/api-v1/ (``GET /messages``, ``GET /message/{ID}``).
"""

from collections.abc import Sequence
from typing import Any

from portico_email_mailbox.tables import Message, Totals

SNIPPET = 250


def address(email: str, name: str = "") -> dict[str, str]:
    """An address as Go's ``mail.Address`` is written."""
    return {"Name": name, "Address": email}


def _common(message: Message) -> dict[str, Any]:
    return {
        "ID": message.id,
        "MessageID": message.message_id.strip("<>"),
        "From": address(message.sender, message.sender_name),
        "To": [address(message.to_address)],
        "Cc": [],
        "Bcc": [],
        "ReplyTo": [address(message.reply_to)] if message.reply_to else [],
        "Subject": message.subject,
        "Tags": [],
        "Username": "",
        "Size": message.size,
    }


def summary(message: Message) -> dict[str, Any]:
    """A message in a list."""
    return _common(message) | {
        "Read": message.read,
        "Created": message.received_at.isoformat().replace("+00:00", "Z"),
        "Attachments": 0,
        "Snippet": " ".join(message.body_text.split())[:SNIPPET],
    }


def full(message: Message) -> dict[str, Any]:
    """One message with its bodies."""
    return _common(message) | {
        "ReturnPath": message.sender,
        "ListUnsubscribe": {"Header": "", "Links": [], "Errors": "", "HeaderPost": ""},
        "Date": message.received_at.isoformat().replace("+00:00", "Z"),
        "Text": message.body_text,
        "HTML": message.body_html,
        "Inline": [],
        "Attachments": [],
    }


def listing(found: Sequence[Message], totals: Totals, start: int) -> dict[str, Any]:
    """A page of the list, newest first."""
    return {
        "total": totals.total,
        "unread": totals.unread,
        "count": len(found),
        "messages_count": totals.total,
        "start": start,
        "tags": [],
        "messages": [summary(one) for one in found],
    }
