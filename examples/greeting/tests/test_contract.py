"""Core can rely on the plugin."""

import portico_greeting
from portico.testing.contracts import EmailHooksContract


class TestGreeting(EmailHooksContract):
    plugin = portico_greeting.plugin
