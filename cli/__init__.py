"""The command line: one command a file; parse options, build a typed object, call one function, print."""
