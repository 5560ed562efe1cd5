"""Customers: the people who bought something from a store."""
