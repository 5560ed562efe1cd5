"""Entitlements: which products a customer has access to, and why. Derived when read."""
