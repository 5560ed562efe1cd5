"""What mails are about: orders, files, keys, cards."""
