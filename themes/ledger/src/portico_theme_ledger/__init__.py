"""A second look that changes only what it must."""
