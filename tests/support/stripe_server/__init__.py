"""A Stripe of our own, for tests: see README.md beside this file."""
