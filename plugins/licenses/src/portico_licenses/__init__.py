"""License keys in several formats."""
