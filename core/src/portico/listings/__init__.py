"""What the dashboard's lists and the pages behind their rows show, across the features."""
