"""Pure functions over source and target."""
