"""Keeps mail and shows it in the browser, for demos and tests."""
