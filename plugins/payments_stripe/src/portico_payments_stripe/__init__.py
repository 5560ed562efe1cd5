"""Payments, subscriptions and refunds with Stripe.

Importing this package does not import Stripe's library, which takes most of a second and 14 MB:
``client.connected`` does, in a thread, when a store first talks to Stripe.
"""

from portico_payments_stripe.plugin import StripePayments
from portico_payments_stripe.settings import StripeSettings

__all__ = ["StripePayments", "StripeSettings", "plugin"]

plugin = StripePayments()
