"""The web: portal, dashboard, plugin routes. Thin: parse, call a service, render."""
