"""Taking over a business from elsewhere."""
