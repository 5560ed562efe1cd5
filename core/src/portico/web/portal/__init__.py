"""The customer's portal."""
