"""Forty rows, what SmolLM2-135M-Instruct answered when it was to translate them, and a server of the real one."""
