"""The web: the customer's portal, the seller's dashboard, plugin routes. Thin: parse, call a service, render."""
