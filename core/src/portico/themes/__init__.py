"""Themes: how pages look."""
