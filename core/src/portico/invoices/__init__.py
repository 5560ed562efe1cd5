"""Invoices as payment providers report them, and the details that customers want on them."""
