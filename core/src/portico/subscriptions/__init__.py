"""Subscriptions, payment methods, and the attempts to change them."""
