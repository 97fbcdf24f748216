"""An output that is made once, in chunks, and survives being killed at any moment."""
