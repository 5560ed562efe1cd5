"""What core relies on in what this plugin adds."""

from portico.testing.contracts import EmailTextsContract, PortalHooksContract
from portico_withdrawal_eu import plugin


class TestPortal(PortalHooksContract):
    plugin = plugin


class TestMails(EmailTextsContract):
    plugin = plugin
