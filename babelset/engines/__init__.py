"""What drives a model. The rooms in here do not know each other."""
