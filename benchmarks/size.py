"""
Megabytes that `pip install babelset` puts on a disk with what it needs, and those with lingua in py3langid's place.

    python benchmarks/size.py     # writes benchmarks/results/size.json

lingua was the identifier of languages before; it is an extra now. Without the compiled files that pip adds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

RESULT = Path(__file__).parent / "results" / "size.json"


def installed(folder: Path, *what: str) -> float:
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", str(folder), *what]
    subprocess.run(command, check=True)
    return megabytes(folder)


def megabytes(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 1)


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        core = installed(Path(place, "core"), str(Path(__file__).parent.parent))
        lingua = installed(Path(place, "lingua"), "--no-deps", "lingua-language-detector>=2.0")
        identifier = megabytes(Path(place, "core", "py3langid"))
    found = {"core_MB": core, "with_lingua_in_place_of_py3langid_MB": round(core - identifier + lingua, 1)}
    print(json.dumps(found))
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
