"""Keeps every mail and shows it at ``/mailbox/``, for the demo and for tests."""

from portico_email_mailbox.plugin import EmailMailbox

__all__ = ["plugin"]

plugin = EmailMailbox()
