"""Sequence-to-sequence models in CTranslate2."""
