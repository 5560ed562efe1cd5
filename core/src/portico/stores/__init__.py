"""Stores: the tenants of an installation."""
