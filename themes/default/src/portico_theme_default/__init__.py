"""The default look of the customer portal."""
