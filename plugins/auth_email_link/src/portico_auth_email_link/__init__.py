"""Sign-in by an e-mailed link and code."""
