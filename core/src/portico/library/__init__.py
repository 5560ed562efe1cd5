"""What a customer owns, loaded for the pages of the portal in as few statements as possible."""
