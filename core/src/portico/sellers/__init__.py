"""Sellers: the people who run stores, and their roles."""
