"""eflomal, a statistical word aligner: GPL-3, so it is a program that is run, in an environment of its own."""
