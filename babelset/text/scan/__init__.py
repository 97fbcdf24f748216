"""Scanners: each finds one family of spans to keep, in linear time, whatever the text."""
