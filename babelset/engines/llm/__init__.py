"""Selective translation by large language models: what every LLM engine shares."""
