"""What was sold elsewhere before Portico: taken in many records at a time, quietly."""
