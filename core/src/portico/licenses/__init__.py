"""License keys: issued by a plugin, kept and shown by core."""
