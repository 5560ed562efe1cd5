"""Core can rely on the plugin."""

import portico_helpdesk
from portico.testing.contracts import PortalHooksContract


class TestHelpdesk(PortalHooksContract):
    plugin = portico_helpdesk.plugin
