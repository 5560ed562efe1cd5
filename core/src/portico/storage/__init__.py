"""Bytes in the stores' storage plugins: whole, named by a row, or collected."""
