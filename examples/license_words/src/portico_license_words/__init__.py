"""Example: license keys made of words, in place of the default issuer."""
