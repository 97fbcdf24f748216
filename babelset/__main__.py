"""`python -m babelset` is the command `babelset`."""

from babelset.cli.app import main

main()
