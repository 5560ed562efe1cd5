"""Sends mail through an SMTP server."""

from portico_email_smtp.plugin import EmailSmtp

__all__ = ["plugin"]

plugin = EmailSmtp()
