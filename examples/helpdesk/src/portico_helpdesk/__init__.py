"""Example: pages, panels, routes, commands and jobs."""
