"""Which plugins a store uses, their settings, and how they are doing."""
