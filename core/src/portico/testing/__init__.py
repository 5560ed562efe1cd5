"""What tests of Portico and of its plugins share."""
