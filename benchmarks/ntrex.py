"""
Does babelset cost Apertium quality? NTREX-128 through the whole of babelset, a segment a row, against Apertium alone.

    python benchmarks/ntrex.py NTREX_FOLDER [--languages ca es gl] [--result benchmarks/results/ntrex.json]

Rejected rows count too: what is compared is the translation. BLEU and chrF by sacrebleu with its defaults.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from babelset.contracts.evidence import evidence_of

REFERENCES = {"ca": "cat", "es": "spa", "gl": "glg", "pt": "por", "fr": "fra"}
# Apertium 3.8 of Debian 12 by itself, a segment a NUL, measured once outside babelset: BLEU and chrF.
ALONE = {"es": (16.3, 48.0), "ca": (15.8, 47.2), "gl": (15.9, 48.3)}


def through_babelset(source: Path, language: str, folder: Path) -> list[str]:
    out = folder / f"{language}.jsonl"
    command = [sys.executable, "-m", "babelset", "translate", str(source), "--to", language, "-o", str(out), "-q"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    rows = [json.loads(line) for path in (out, folder / f"{language}.rejected.jsonl") for line in path.open()]
    texts = {evidence_of(row)["row"]: row["text"] or "" for row in rows}
    return [texts[number] for number in range(len(texts))]


def scores(hypotheses: list[str], references: list[str]) -> dict[str, float]:
    from sacrebleu.metrics import BLEU, CHRF

    bleu, chrf = BLEU().corpus_score(hypotheses, [references]), CHRF().corpus_score(hypotheses, [references])
    return {"bleu": round(bleu.score, 2), "chrf": round(chrf.score, 2)}


def measure(data: Path, language: str, folder: Path) -> dict[str, Any]:
    source = folder / "source.txt"
    source.write_text((data / "newstest2019-src.eng.txt").read_text(encoding="utf-8"), encoding="utf-8")
    references = (data / f"newstest2019-ref.{REFERENCES[language]}.txt").read_text(encoding="utf-8").splitlines()
    translated = through_babelset(source, language, folder)
    found: dict[str, Any] = {"language": language, "babelset": scores(translated, references)}
    if language in ALONE:
        found["apertium_alone"] = dict(zip(("bleu", "chrf"), ALONE[language], strict=True))
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data", type=Path)
    options.add_argument("--languages", nargs="+", default=list(REFERENCES))
    options.add_argument("--result", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = [measure(chosen.data, language, Path(folder)) for language in chosen.languages]
    for result in results:
        print(json.dumps(result))
    if chosen.result:
        chosen.result.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
