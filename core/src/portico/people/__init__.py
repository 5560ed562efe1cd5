"""Customers as a store's sellers see them: lists, what happened to each, and looking after them."""
