"""Core can rely on the plugin."""

import portico_auth_email_link
from portico.testing.contracts import AuthHooksContract


class TestEmailLink(AuthHooksContract):
    plugin = portico_auth_email_link.plugin
