"""Models of Firefox Translations: where they are, how they come here, and what they can read."""
