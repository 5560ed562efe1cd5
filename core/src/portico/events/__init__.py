"""The outbox (what a change causes, delivered at least once) and the audit log."""
