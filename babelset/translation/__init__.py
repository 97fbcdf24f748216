"""From rows to translated rows."""
