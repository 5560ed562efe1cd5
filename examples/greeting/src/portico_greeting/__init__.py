"""Example: a greeting in every confirmation e-mail."""
