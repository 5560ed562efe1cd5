"""Merging two customers, and giving out or erasing what is known about one."""
