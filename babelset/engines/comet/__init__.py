"""CometKiwi without unbabel-comet: its released checkpoints, read and run with torch and transformers alone."""
