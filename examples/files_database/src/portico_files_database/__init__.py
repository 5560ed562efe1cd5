"""Example: product files in the plugin's own database table."""
