"""Taking over a business that is at Stripe already."""
