"""What happened to a customer, from every table that tells of it."""
