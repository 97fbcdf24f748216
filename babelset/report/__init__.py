"""What became of a run, to look at: one page without a network, or the same numbers in a terminal."""
