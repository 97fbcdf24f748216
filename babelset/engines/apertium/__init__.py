"""Apertium: rule-based translation by a pipeline of processes."""
