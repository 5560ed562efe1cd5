"""Orders, their items, payments and refunds."""
