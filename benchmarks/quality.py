"""
Which errors does each scorer and check find? Errors planted into real translations, and into those of people.

    python benchmarks/quality.py NTREX_FOLDER [--result benchmarks/results/quality.json]    # quality.md beside it
    python benchmarks/quality.py NTREX_FOLDER --kiwi MODEL --comet MODEL --judge MODEL      # where there are weights

NTREX-128's English goes into es, ca and gl through Apertium, into Brazilian Portuguese through `firefox`, and the whole
of `babelset translate`; its human translations are a further set (European Portuguese). The same rows, drawn by chance,
are measured untouched, the first `--errors` of them with each error that `babelset calibrate` plants, too; "in ca" is
the wrong language, the set's own translation into Catalan. `use` is there where babelset[meaning] is installed.

- quality: BLEU and chrF of the untouched translations against the human ones, rejected rows included; and the share of
  rows in which the engine says that it left words unknown. These are rejected for that word of the engine alone,
  whatever is planted, so that the rows are measured without it.
- auc: how probable it is that a scorer gives an untouched row more than one with the error; 0.5 is chance. A check
  gives 1 to what passes, else 0; the scores of `language` and `use`, from which these decide, are told besides.
- rejected: the share of rows that a default check rejects, with each error, and untouched, where it is a false alarm;
  and the share that any of them rejects, or a cut by a scorer that turns away 1 or 5 % of the untouched rows.

Left out: `agreement`, which needs several candidates of a row, and `embedding`, whose figures are the encoder's.
`reference` compares with the human translations, so it has nothing to say of them. A language from which Apertium
knows no way back has no figures for `roundtrip`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

from ntrex import REFERENCES, scores
from throughput import machine

from babelset.contracts.checks import build_filters, opened
from babelset.contracts.filter import Filter, Outcome
from babelset.files.reading import read
from babelset.scoring.calibration.calibrate import auc, quantile
from babelset.scoring.calibration.planted_errors import KINDS, plant, with_targets
from babelset.scoring.scores import SEED, build_scorers, known
from babelset.translation.deciding import judge, score

TRANSLATORS = {"es": "apertium", "ca": "apertium", "gl": "apertium", "pt-BR": "firefox"}
SCORED = ("language", "use")  # checks whose scores are told, too
UNTOUCHED = "untouched"
ANY = "any check"
TITLES = {"auc": "AUC", "rejected": "Rejected rows"}
Rows = Sequence[Outcome]
Columns = dict[str, list[float | None]]  # by scorer or check, a value for each row
Table = dict[str, dict[str, float | None]]  # by scorer or check, then by error


def through_babelset(source: Path, language: str, folder: Path) -> list[Outcome]:
    """Every row, accepted or not: what a check rejects is part of what is measured."""
    out = folder / f"{language}.jsonl"
    command = [sys.executable, "-m", "babelset", "translate", str(source), "--to", language, "-o", str(out), "-q"]
    command += ["--translator", TRANSLATORS[language]]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    found = [known(row) for row in read([str(out), str(folder / f"{language}.rejected.jsonl")])]
    rows = {item[1]["row"]: item[2] for item in found if isinstance(item, tuple)}
    return [rows[number] for number in range(len(rows))]


def rows_of(data: Path, languages: Sequence[str], count: int) -> dict[str, dict[str, list[Outcome]]]:
    """The same rows by set and language: `count` drawn by chance, without the few of several segments."""
    source = (data / "newstest2019-src.eng.txt").read_text("utf-8").splitlines()
    drawn = sorted(Random(SEED).sample(range(len(source)), min(count, len(source))))
    sets: dict[str, dict[str, list[Outcome]]] = {name: {} for name in (*TRANSLATORS.values(), "human")}
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "source.txt"
        given.write_text("".join(source[number] + "\n" for number in drawn), "utf-8")
        for language in languages:
            people = references(data, language)
            rows = zip(drawn, through_babelset(given, language, Path(folder)), strict=True)
            single = [(row, people[number]) for number, row in rows if len(row.segments) == 1]
            sets[TRANSLATORS[language]][language] = [row for row, _ in single]
            sets["human"][language] = [with_targets(row, [target]) for row, target in single]
    return sets


def without_flags(row: Outcome) -> Outcome:
    return replace(row, segments=[replace(segment, flags=()) for segment in row.segments])


def references(data: Path, language: str) -> list[str]:
    return (data / f"newstest2019-ref.{REFERENCES[language[:2]]}.txt").read_text("utf-8").splitlines()


def quality(rows: Rows, data: Path, language: str) -> dict[str, float]:
    """BLEU and chrF; a row that could not be translated counts as empty."""
    sources = (data / "newstest2019-src.eng.txt").read_text("utf-8").splitlines()
    human = dict(zip(sources, references(data, language), strict=True))
    segments = [row.segments[0] for row in rows]
    found = scores([one.target or "" for one in segments], [human[one.source] for one in segments])
    return {**found, "% of rows with unknown words": 100 * fmean("unknown_words" in one.flags for one in segments)}


def spoilt(rows: Rows, language: str, sets: Mapping[str, Rows]) -> dict[str, list[Outcome]]:
    """The rows with each error, by its name."""
    found = {kind: list(plant(kind, rows, {}, SEED).values()) for kind in KINDS if kind != "wrong language"}
    for other, translated in sets.items():
        if other != language:
            told = {segment.source: segment.target or "" for row in translated for segment in row.segments}
            found[f"in {other}"] = list(plant("wrong language", rows, told, SEED).values())
    return found


def columns(rows: Rows, scorers: Sequence[Filter], checks: Sequence[Filter]) -> Columns:
    """By scorer, or part of one, the score of each row's only segment; by check 1 where the row passes, else 0."""
    scored = [marks.scores for marks in score(scorers, rows)]
    for row, marks in zip(rows, score(checks, rows), strict=True):
        row.marks = marks
    verdicts = [{verdict.check: float(verdict.ok) for verdict in judge(checks, row)} for row in rows]
    found: Columns = {name: [scores[name][0] for scores in scored] for name in (scored[0] if scored else ())}
    for check in checks:
        if check.name in SCORED:
            found[f"{check.name}, score"] = [row.marks.scores[check.name][0] for row in rows]
    return found | {check.name: [told[check.name] for told in verdicts] for check in checks}


def measure(rows: Rows, errors: Mapping[str, Rows], scorers: Sequence[Filter]) -> dict[str, Table]:
    checks = build_filters({})
    with opened([*scorers, *checks]):
        found = {kind: columns(bad, scorers, checks) for kind, bad in {UNTOUCHED: rows, **errors}.items()}
    areas = {
        name: {kind: auc(covered(good), covered(found[kind][name])) for kind in found if kind != UNTOUCHED}
        for name, good in found[UNTOUCHED].items()
    }
    return {"auc": areas, "rejected": rejected(found, [check.name for check in checks])}


def rejected(found: Mapping[str, Columns], checks: Sequence[str]) -> Table:
    """Shares of the rows of each kind: by check, by any of them, and by a cut by a scorer besides."""
    table: Table = {name: {kind: 1 - fmean(covered(told[name])) for kind, told in found.items()} for name in checks}
    passing = {kind: list(map(min, *(told[name] for name in checks))) for kind, told in found.items()}
    table[ANY] = {kind: 1 - fmean(passes) for kind, passes in passing.items()}
    for name, values in found[UNTOUCHED].items():
        for percent in (1, 5) if name not in (*checks, "reference", "language, score") and covered(values) else ():
            cut = quantile(sorted(covered(values)), percent / 100)
            table[f"or lowest {percent} % of {name}"] = {
                kind: fmean(not ok or below(value, cut) for ok, value in zip(passing[kind], told[name], strict=True))
                for kind, told in found.items()
            }
    return table


def below(value: float | None, cut: float) -> bool:
    return value is not None and value < cut


def covered(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def told(sets: Mapping[str, Mapping[str, dict[str, Table]]]) -> str:
    """The tables for people; of checks one by one the mean of the languages."""
    text = "# Which errors are found\n\nMeasured by benchmarks/quality.py, which says how.\n"
    figures = {f"{name}, {code}": found["quality"] for name, codes in sets.items() for code, found in codes.items()}
    text += markdown("Quality against human translations", {key: row for key, row in figures.items() if row}, "{:.1f}")
    checks = [check.name for check in build_filters({})]
    for name, languages in sets.items():
        for what, form in (("auc", "{:.2f}"), ("rejected", "{:.1%}")):
            tables = {code: found[what] for code, found in languages.items()}
            alone = {check: mean([table[check] for table in tables.values()]) for check in checks}
            names = dict.fromkeys(key for table in tables.values() for key in table if key not in checks)
            apart = {f"{key}, {code}": table[key] for key in names for code, table in tables.items() if key in table}
            text += markdown(f"{TITLES[what]}, {name} translations", {**alone, **apart}, form)
    return text


def mean(rows: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    kinds = dict.fromkeys(kind for row in rows for kind in row)
    return {kind: fmean(covered(row.get(kind) for row in rows)) for kind in kinds}


def markdown(title: str, table: Table, form: str) -> str:
    columns = list(dict.fromkeys(column for row in table.values() for column in row))
    lines = [["", *columns], ["---", *("--:" for _ in columns)]]
    for name, row in table.items():
        values = [row.get(column) for column in columns]
        lines.append([name, *("" if value is None else form.format(value) for value in values)])
    return f"\n## {title}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data", type=Path)
    options.add_argument("--languages", nargs="+", default=list(TRANSLATORS))
    options.add_argument("--rows", type=int, default=500)
    options.add_argument("--errors", type=int, default=500)
    for name in ("kiwi", "comet", "judge"):
        options.add_argument(f"--{name}", metavar="MODEL", help="measure this model, too")
    options.add_argument("--result", type=Path)
    chosen = options.parse_args()
    started, about = time.perf_counter(), machine()
    models = {"cometkiwi": chosen.kiwi, "comet": chosen.comet, "judge": chosen.judge}
    named = [f"{name}:{model}" for name, model in models.items() if model]
    sets: dict[str, Any] = {}
    for name, languages in rows_of(chosen.data, chosen.languages, chosen.rows).items():
        for code, rows in languages.items():
            back = TRANSLATORS[code]
            scorers = build_scorers([f"roundtrip:{back}", *named], {}, {})
            file = str(chosen.data / f"newstest2019-ref.{REFERENCES[code[:2]]}.txt")
            given = {"file": file, "sources": str(chosen.data / "newstest2019-src.eng.txt")}
            compared = build_scorers(["reference"], given, {}) if name != "human" else []
            plain = [without_flags(row) for row in rows]
            errors = spoilt(plain[: chosen.errors], code, languages)
            found: dict[str, Any] = measure(plain, errors, [*scorers, *compared])
            found["quality"] = quality(rows, chosen.data, code) if name != "human" else {}
            sets.setdefault(name, {})[code] = found
            print(name, code, round(time.perf_counter() - started), flush=True)
    seconds = round(time.perf_counter() - started)
    result = {
        "machine": about,
        "seconds": seconds,
        "rows": chosen.rows,
        "errors": chosen.errors,
        "models": models,
        "sets": sets,
    }
    print(told(sets))
    if chosen.result:
        chosen.result.write_text(json.dumps(result, indent=1) + "\n")
        chosen.result.with_suffix(".md").write_text(told(sets))


if __name__ == "__main__":
    main()
