"""Product files on the server's own disk."""
