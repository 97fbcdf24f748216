"""A text and its spans: what is prose, what is kept, and how the two come together again."""
