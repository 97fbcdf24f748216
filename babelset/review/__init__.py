"""Review: native speakers accept, reject or correct rows, and what they decided becomes rows again."""
