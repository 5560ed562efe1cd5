"""A payment provider for trying Portico without an account anywhere."""
