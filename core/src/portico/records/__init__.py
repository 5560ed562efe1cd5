"""Single records of a store with all that hangs on them, across the features."""
