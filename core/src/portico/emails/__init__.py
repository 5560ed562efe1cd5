"""E-mails: templates, rendering, history."""
