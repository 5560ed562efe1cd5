"""What Stripe does by itself: periods, prorations, invoices, attempts to pay, the clock."""
