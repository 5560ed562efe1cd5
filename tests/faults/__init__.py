"""What happens when processes, clients and configurations fail."""
