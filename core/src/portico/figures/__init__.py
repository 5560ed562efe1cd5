"""What a store's home says in numbers, counted from the other features' tables."""
