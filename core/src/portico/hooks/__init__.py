"""Hooks: what plugins can answer (one module per capability), and how core asks them."""
