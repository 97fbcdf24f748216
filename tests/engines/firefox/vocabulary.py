"""A SentencePiece vocabulary of single characters, normalised as those of Mozilla's models are."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import sentencepiece


def train(path: Path, characters: str) -> Path:
    made = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([f"{char} {char}{char}" for char in characters]), model_writer=made, model_type="char",
        vocab_size=len(characters) + 10, hard_vocab_limit=False, character_coverage=1.0, minloglevel=2,
        normalization_rule_name="nmt_nfkc",
    )  # fmt: skip
    path.write_bytes(made.getvalue())
    return path
