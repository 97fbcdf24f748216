"""
Score 200 pairs with unbabel-comet itself, on tiny checkpoints of every kind that babelset covers.

    python3.11 -m venv comet
    comet/bin/pip install torch==2.13.0 unbabel-comet==2.2.7 'transformers<5' 'numpy<2' 'setuptools<81' sentencepiece==0.2.1
    comet/bin/python tests/comet/make_reference.py    # writes tests/comet/reference.json; a minute
"""

from __future__ import annotations

import json
import random
import runpy
import tempfile
from importlib.metadata import version
from pathlib import Path

import comet

HERE = Path(__file__).resolve().parent
TINY = runpy.run_path(str(HERE.parents[1] / "models" / "make_tiny_comet.py"))

KINDS: dict[str, dict[str, object]] = {
    "sparsemax": {},
    "softmax": {"layer_transformation": "softmax"},
    "sparsemax_patch": {"layer_transformation": "sparsemax_patch"},
    "one layer": {"sent_layer": 2},
    "last layer": {"sent_layer": 3},
    "sigmoid": {"final_activation": "Sigmoid", "hidden_sizes": [24]},
    "XL": {"encoder_model": "XLM-RoBERTa-XL"},
    "XL, last layer": {"encoder_model": "XLM-RoBERTa-XL", "sent_layer": 3},
}
ODD = [
    ("", ""),
    ("Hello.", ""),
    ("", "Hola."),
    ("two  spaces,\ta tab\nand a line", " around it "),
    ("Ａｂ１ ﬁne…", "a\u200ab\u00a0c"),
    ("a <s> b </s> c <pad> d <mask> e <unk>", "<pad><pad> f"),
    ("👩‍💻 and 日本語", "é as e\u0301"),
    ("図" * 40, "x" * 90),
]


def pairs(count: int) -> list[tuple[str, str]]:
    """Words of the sentences at random: sources of one language, targets of any."""
    dice = random.Random(11)
    english = " ".join(TINY["SENTENCES"][:3]).split()
    every = " ".join(TINY["SENTENCES"]).split()
    drawn = [
        (" ".join(dice.choices(english, k=dice.randint(1, 20))), " ".join(dice.choices(every, k=dice.randint(1, 20))))
        for _ in range(count - len(ODD))
    ]
    return ODD + drawn


def scores(changes: dict[str, object], rows: list[tuple[str, str]]) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        model = comet.load_from_checkpoint(
            str(TINY["make"](Path(folder), **changes) / "checkpoints" / "model.ckpt"), strict=True
        )
        samples = [{"src": source, "mt": target} for source, target in rows]
        longest = max(sequence["input_ids"].shape[1] for sequence in model.prepare_sample(samples, stage="predict"))
        assert longest < 256, "unbabel-comet would cut the longest pair"
        return [round(score, 7) for score in model.predict(samples, gpus=0, progress_bar=False).scores]


if __name__ == "__main__":
    rows = pairs(200)
    reference = {
        "unbabel-comet": version("unbabel-comet"),
        "settings": KINDS,
        "pairs": rows,
        "scores": {kind: scores(changes, rows) for kind, changes in KINDS.items()},
    }
    (HERE / "reference.json").write_text(json.dumps(reference, ensure_ascii=False) + "\n", encoding="utf-8")
