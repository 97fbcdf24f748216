"""
Does the check `language` find what is in another language, and let pass what people translated?

    python benchmarks/language.py NTREX_FOLDER CACHE_FOLDER [--result benchmarks/results/language.json]

The texts are those of benchmarks/language_texts.py, each at least 40 letters long, the short ones aside, so that every
one is judged by itself. For each margin by which another language must be likelier:

- human: the share of translations by people that is turned away, by kind of text; the median and worst languages;
- English: the share of English in the place of the translation that is found, into each language of the texts;
- others: the share of text in a language drawn by chance, in the same script, in the place of the translation;
- siblings: the share of text in a neighbouring language in the place of the translation, each pair by itself.
- short: in translations of fewer than 40 letters what the check takes for words that are left, of those by people, of
  English in their place, and of those in which one or two of their words are words of their English, drawn by chance.

The speed is that of the check on rows of three segments, with lingua's beside it as the check asked it before, where
lingua is installed; the memory is that of a process with one of them.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from language_texts import Texts, fetch, texts
from throughput import machine

from babelset.contracts.filter import Scored
from babelset.languages import Pair, find
from babelset.measures.copied import WORD
from babelset.measures.language import left, margins

CUTS = (0, 2, 4, 6, 8, 10, 12, 16, 20)
ENGLISH = "eng_Latn"
SIBLINGS = """
    glg-spa spa-glg glg-por por-glg cat-spa spa-cat cat-por por-cat cat-fra fra-cat spa-por por-spa spa-ita ita-spa
    oci-cat cat-oci nob-dan dan-nob nno-dan dan-nno nob-swe swe-nob ces-slk slk-ces ces-pol hrv-slv slv-hrv
    ukr-rus rus-ukr bel-rus rus-bel ukr-bel bul-mkd mkd-bul srp-rus rus-srp hin-mar mar-hin hin-npi npi-hin
    urd-pes pes-urd urd-arb arb-urd pes-arb arb-pes kaz-kir kir-kaz tur-azj azj-tur fin-est est-fin nld-afr afr-nld
    nld-deu isl-fao zul-xho xho-zul gla-gle gle-gla asm-ben ben-asm ron-ita zho-jpn jpn-zho
"""
MARKS = re.compile(r"\w[._/:\\]\w|\w-\w+-\w|\(.*\)|`")
APART = "ind-zsm hrv-bos nob-nno zho_Hans-zho_Hant srp-mkd"  # taken for one: languages.csv gives them the same labels


def scores(items: Iterable[tuple[str, str]], target: str) -> list[float]:
    pair = Pair(find(ENGLISH), find(target))
    return [one.score for one in margins([Scored(*item, pair) for item in items]) if one]


def shares(found: Sequence[float]) -> dict[str, Any]:
    """The share that is turned away at each margin, and of how many."""
    return {"texts": len(found), **{str(cut): sum(score < -cut for score in found) / len(found) for cut in CUTS}}


def human(given: Texts) -> dict[str, Any]:
    by: dict[str, dict[str, list[float]]] = {"kind": defaultdict(list), "language": defaultdict(list)}
    for (kind, code), items in given.items():
        if code != ENGLISH and find(code).langid:
            found = scores(items, code)
            by["kind"][kind] += found
            by["kind"]["all"] += found
            by["language"][code] += found
    return {how: {name: shares(found) for name, found in table.items() if found} for how, table in by.items()}


def english(given: Texts) -> dict[str, Any]:
    found = []
    for (_, code), items in given.items():
        if code != ENGLISH and find(code).langid:
            found += scores([(source, source) for source, _ in items if sum(map(str.isalpha, source)) >= 40], code)
    return shares(found)


def others(given: Texts, draw: Random) -> dict[str, Any]:
    """Each text as if it were the translation into a language drawn by chance, no sibling of its own."""
    codes = sorted({code for _, code in given if find(code).langid})
    close = {frozenset(one.split("-")) for one in f"{SIBLINGS} {APART}".split()}
    found = []
    for (_, code), items in given.items():
        own = find(code)
        fit = [
            one
            for one in codes
            if find(one).script == own.script
            and not set(find(one).langid) & set(own.langid)
            and frozenset((one[:3], code[:3])) not in close
        ]
        for item in items[:200] if own.langid and fit else ():
            found += scores([item], draw.choice(fit))
    return shares(found)


def siblings(given: Texts) -> dict[str, Any]:
    by: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for (_, code), items in given.items():
        by[code[:3]] += items[:500]
    full = {code[:3]: code for _, code in given}
    told = {}
    for pair in SIBLINGS.split():
        of, into = pair.split("-")
        if of in by and into in full and (found := scores(by[of], full[into])):
            told[pair] = shares(found)
    return told


def short(given: Texts, draw: Random) -> dict[str, Any]:
    """Each kind of short text; links and file names are kept by babelset, so texts with marks within words are none."""
    by: dict[str, list[float]] = defaultdict(list)
    for (kind, code), items in given.items():
        pair = Pair(find(ENGLISH), find(code))
        for source, target in items:
            if MARKS.search(source + target) or find(code).script != "Latn" or not find(code).langid:
                continue
            by["human"].append(_least(source, target, pair))
            by[f"human, {kind}"].append(by["human"][-1])
            by["English"].append(_least(source, source, pair))
            for count in (1, 2):
                if spoilt := _mixed(source, target, count, draw):
                    by[f"words of the English: {count}"].append(_least(source, spoilt, pair))
    return {name: shares(found) for name, found in by.items()}


def _least(source: str, target: str, pair: Pair) -> float:
    score = left(Scored(source, target, pair))
    return 0.0 if score is None else score


def _mixed(source: str, target: str, count: int, draw: Random) -> str:
    """So many words of the target, side by side, are others of the source; "" where these are too few."""
    words, known = target.split(), set(target.casefold().split())
    others = [word for word in WORD.findall(source) if word.islower() and len(word) > 2 and word not in known]
    if len(others) < count or len(words) <= count:
        return ""
    at = draw.randrange(len(words) - count + 1)
    return " ".join([*words[:at], *draw.sample(others, count), *words[at + count :]])


SPEED = """
import json, sys, time
from babelset.contracts.filter import Scored
from babelset.languages import Pair, find
rows = json.loads(sys.stdin.read())
pair = Pair(find("en"), find("es"))
units = [Scored(*row, pair) for row in rows]
if sys.argv[1] == "lingua":
    import lingua
    known = {code.upper() for code in "en es fr pt it ca de nl pl tr id sw ru ar hi zh".split()}
    taken = [item for item in lingua.Language.all() if item.iso_code_639_1.name in known]
    detector = lingua.LanguageDetectorBuilder.from_languages(*taken).build()
    ask = lambda: detector.compute_language_confidence_values_in_parallel(
        [line for unit in units for line in (unit.target, *unit.target.split("\\n")) if len(line) >= 40])
else:
    from babelset.filters.language import Language
    ask = lambda: Language().score(units)
ask()
best = 9e9
for _ in range(3):
    start = time.process_time()
    ask()
    best = min(best, time.process_time() - start)
memory = int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) // 1000
print(json.dumps({"rows a second": round(len(rows) / best), "MB": memory}))
"""


def speed(given: Texts) -> dict[str, Any]:
    items = given["news", "spa_Latn"][:1500]
    rows = [["\n".join(texts) for texts in zip(*items[at : at + 3], strict=True)] for at in range(0, len(items), 3)]
    return {name: _measured(name, json.dumps(rows)) for name in ("py3langid", "lingua")}


def _measured(name: str, rows: str) -> dict[str, Any] | None:
    done = subprocess.run([sys.executable, "-c", SPEED, name], input=rows, capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else None


def percent(value: float) -> str:
    return f"{100 * value:.2f}"


def table(title: str, rows: dict[str, dict[str, Any]]) -> str:
    head = f"| {title} | texts | " + " | ".join(map(str, CUTS)) + " |\n| --- |" + " --: |" * (len(CUTS) + 1)
    lines = [
        f"| {name} | {row['texts']} | " + " | ".join(percent(row[str(cut)]) for cut in CUTS) + " |"
        for name, row in rows.items()
    ]
    return "\n".join([head, *lines])


def page(result: dict[str, Any]) -> str:
    """The tables, in percent."""
    languages = {code: row for code, row in result["human"]["language"].items() if row["texts"] >= 100}
    worst = sorted(languages, key=lambda code: (-languages[code]["4"], code))[:15]
    parts = [
        "# Another language, by how much likelier it must be",
        "Measured by benchmarks/language.py, which says how. Percent of the texts that are turned away.",
        "## Translations by people",
        table("kind", result["human"]["kind"]),
        f"The worst of the {len(languages)} languages with 100 texts and more:",
        table("language", {find(code).name: languages[code] for code in worst}),
        "## Text in another language",
        table("what", {"English": result["english"], "any other in the same script": result["others"]}),
        "Text in one language where another is wanted that is close to it:",
        table("pair", result["siblings"]),
        "## Words that are left in short texts",
        table("what", result["short"]),
        "## Speed and memory",
        "\n".join(f"- {name}: {told}" for name, told in result["speed"].items()),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("news", type=Path)
    options.add_argument("cache", type=Path)
    options.add_argument("--most", type=int, default=1500, help="texts of a kind and language")
    options.add_argument("--result", type=Path)
    chosen = options.parse_args()
    fetch(chosen.cache)
    start = time.monotonic()
    given = texts(chosen.cache, chosen.news, chosen.most)
    result = {
        "machine": machine(),
        "human": human(given),
        "english": english(given),
        "others": others(given, Random(20)),
        "siblings": siblings(given),
        "short": short(texts(chosen.cache, chosen.news, chosen.most, short=True), Random(20)),
        "speed": speed(given),
        "seconds": round(time.monotonic() - start),
    }
    print(page(result))
    if chosen.result:
        chosen.result.write_text(json.dumps(result, indent=1) + "\n")
        chosen.result.with_suffix(".md").write_text(page(result))


if __name__ == "__main__":
    main()
