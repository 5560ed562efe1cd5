"""Signing in by an e-mailed link, or by the short code in the same mail."""

from portico_auth_email_link.plugin import EmailLink, EmailLinkSettings

__all__ = ["EmailLink", "EmailLinkSettings", "plugin"]

plugin = EmailLink()
