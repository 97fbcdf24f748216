"""What plug-ins promise, a page each, and what is known of a row."""
