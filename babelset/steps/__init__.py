"""Steps of pipelines: one file each, and what runs them."""
