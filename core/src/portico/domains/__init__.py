"""Domains of stores: the portal's own, and the one that mails come from."""
