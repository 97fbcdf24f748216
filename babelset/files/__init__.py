"""Rows from files and into files."""
