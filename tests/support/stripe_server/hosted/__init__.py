"""Stripe's own pages: Checkout, the Billing portal, 3-D Secure, an invoice."""
