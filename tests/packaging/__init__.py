"""Distributions on their own, and plugins in place of others."""
