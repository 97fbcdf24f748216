"""How good translated rows are, and which of them to keep."""
