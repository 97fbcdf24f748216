"""Pipelines: several steps, datasets and languages in one TOML file, and the recipes that ship."""
