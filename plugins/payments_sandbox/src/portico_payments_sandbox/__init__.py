"""A payment provider of its own, for trying Portico without an account anywhere.

No money moves: it works in test mode only.
"""

from portico_payments_sandbox.plugin import Sandbox, SandboxSettings
from portico_payments_sandbox.webhooks import sign

__all__ = ["Sandbox", "SandboxSettings", "plugin", "sign"]

plugin = Sandbox()
