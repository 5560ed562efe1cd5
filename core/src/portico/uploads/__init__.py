"""Product files on their way in, piece by piece."""
