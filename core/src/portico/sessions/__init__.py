"""Sign-in attempts, sessions and rate limits."""
