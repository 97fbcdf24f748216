"""The card of a dataset on the hub: what its metadata and its text say of how the rows came to be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babelset import __version__
from babelset.contracts.evidence import MADE
from babelset.contracts.export import TranslatedRow
from babelset.exports.strictest import strictest
from babelset.files.hub import HubName, is_hub
from babelset.languages import Language, find

SIZES = (
    *("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B", "1B<n<10B"),
    *("10B<n<100B", "100B<n<1T"),
)
TASKS = {
    "squad": "question-answering",
    "xquad": "question-answering",
    "multiloko": "question-answering",
    "xnli": "text-classification",
    "mind": "text-classification",
    **dict.fromkeys(
        ("arc", "arc_options", "belebele", "hellaswag", "mmlu", "mmlu_options", "truthfulqa_mc"), "multiple-choice"
    ),
}
OURS = {"inputs", "base_url", "chunk", "memory", "output"}  # of options, what is nobody else's business
MOST = 200  # lines of a list: a card is for people
DECIDING = ("translate", "filter", "apply-review", "run")


@dataclass
class Facts:
    """What the rows themselves tell."""

    languages: dict[str, Language] = field(default_factory=dict)
    files: Counter[str] = field(default_factory=Counter)
    engines: Counter[str] = field(default_factory=Counter)
    schemas: Counter[str] = field(default_factory=Counter)
    models: dict[str, str] = field(default_factory=dict)  # licences by model, of steps

    def see(self, row: TranslatedRow) -> None:
        self.languages[row.language.bcp47] = row.language
        file = row.evidence["file"]
        told = (self.files, file if is_hub(file) else Path(file).name), (self.engines, row.evidence["translator"])
        for counter, value in (*told, (self.schemas, row.evidence["schema"])):
            if value in counter or len(counter) < MOST:
                counter[value] += 1
        made = row.evidence.get(MADE)
        known = made.get("licenses") if isinstance(made, dict) else None
        if isinstance(known, dict) and len(self.models) < MOST:
            self.models |= {str(name): str(text) for name, text in known.items()}


def card(
    name: str,
    rows: Mapping[tuple[str, str], int],
    facts: Facts,
    runs: Sequence[Mapping[str, Any]],
    licenses: Mapping[str, Any],
) -> str:
    """The text of README.md for these rows by language and split; `runs` are the manifests, the first run first."""
    from huggingface_hub import DatasetCardData

    models = {**facts.models, **licenses["models"]}
    license, asks = strictest([licenses["data"], *(text for text in models.values() if text)])
    data = DatasetCardData(**_metadata(name, rows, facts, license, models, licenses["data"]))
    body = _template().render(
        name=name, rows=_counted(rows, facts), total=sum(rows.values()), example=next(iter(rows))[0],
        sources=facts.files.most_common(), engines=_named(facts.engines), runs=list(_decided(runs)),
        reasons=_reasons(runs), thresholds=list(_thresholds(runs)), made=[_recipe(run) for run in runs[:MOST]],
        notices=list(dict.fromkeys(str(run["notice"]) for run in runs if run.get("notice"))),
        data=licenses["data"], models=models, license=license, asks=asks, version=__version__,
    )  # fmt: skip
    return f"---\n{data.to_yaml()}\n---\n\n{body}"


def _metadata(
    name: str, rows: Mapping[tuple[str, str], int], facts: Facts, license: str, models: Mapping[str, str], said: str
) -> dict[str, Any]:
    """What the hub reads: only names that it knows."""
    tags = sorted({language for language, _ in rows})
    short = sorted({tag.partition("-")[0] for tag in tags})
    total = sum(rows.values())
    other = {"license_name": "see-below", "license_link": "README.md"} if license == "other" else {}
    return {
        "language": short,
        **({"language_bcp47": tags} if short != tags else {}),
        "license": license,
        **other,
        "pretty_name": name,
        "size_categories": [next((size for at, size in enumerate(SIZES) if total < 1000 * 10**at), "n>1T")],
        "multilinguality": ["monolingual" if len(short) == 1 else "multilingual"],
        "language_creators": ["machine-generated"],
        "annotations_creators": ["machine-generated"],
        "source_datasets": sorted({HubName.of(file).repo if is_hub(file) else "extended" for file in facts.files}),
        "task_categories": sorted({TASKS.get(schema, "text-generation") for schema in facts.schemas}),
        "tags": ["babelset", "machine-translated"],
        "configs": [
            {"config_name": tag, "data_files": [
                {"split": split, "path": f"data/{tag}/{split}-*"} for language, split in rows if language == tag
            ]}
            for tag in tags
        ],
    }  # fmt: skip


def _counted(rows: Mapping[tuple[str, str], int], facts: Facts) -> list[tuple[str, str, str, int]]:
    return [(tag, facts.languages[tag].name, split, count) for (tag, split), count in rows.items()]


def _named(engines: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(engine, count) for engine, count in engines.items() if engine]


def _decided(runs: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, Mapping[str, int]]]:
    """What the runs did that reject rows: command, language, counts of rows."""
    for run in runs:
        counts = run.get("rows")
        if run.get("command") in DECIDING and isinstance(counts, dict):
            yield str(run["command"]), _language(run), counts


def _language(run: Mapping[str, Any]) -> str:
    job, step = run.get("job"), run.get("step")
    told = (part.get("target") for part in (job, step) if isinstance(part, dict))
    code = next((each for each in told if isinstance(each, str) and each), "")
    return find(code).name if code else ""


def _reasons(runs: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    """How many rows which check rejected, by command; a row may be rejected by several."""
    found: Counter[tuple[str, str]] = Counter()
    for run in runs:
        for what in ("rejections", "failures"):
            counts = run.get(what)
            for reason, count in counts.items() if isinstance(counts, dict) and run.get("command") in DECIDING else ():
                found[str(run["command"]), str(reason)] += int(count)
    return [(command, reason, count) for (command, reason), count in found.most_common(MOST)]


def _thresholds(runs: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The options of each check that decided, once for each way they were."""
    seen: dict[tuple[str, str], None] = {}
    for run in runs:
        filters = run.get("filters")
        for name, options in filters.items() if isinstance(filters, dict) else ():
            told = ", ".join(f"{key} {json.dumps(value)}" for key, value in _public(options or {}).items())
            seen[str(name), told] = None
    return iter(list(seen)[:MOST])


def _recipe(run: Mapping[str, Any]) -> str:
    """What decides the bytes of a run, on one line."""
    given = [str(each.get("file", "")) for each in run.get("inputs", ()) if isinstance(each, dict)]
    told = {key: run[key] for key in ("babelset", "command", "job", "step", "options", "scorers") if run.get(key)}
    return json.dumps({**_public(told), "inputs": given}, ensure_ascii=False)


def _public(value: Any) -> Any:
    """Without what stands for nothing, and without the folders and servers of whoever made it."""
    if isinstance(value, dict):
        each = {key: _public(item) for key, item in value.items() if key not in OURS}
        return {key: item for key, item in each.items() if item not in (None, "", [], {}, False)}
    if isinstance(value, list):
        return [_public(item) for item in value]
    if isinstance(value, str) and "/" in value and (value.startswith(("/", "~", ".")) or "://" in value):
        return "" if "://" in value else Path(value).name
    return value


def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("babelset.exports", "."), undefined=StrictUndefined, autoescape=False,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["cell"] = cell
    return environment.get_template("hub.jinja")


MARKUP = {ord(char): f"\\{char}" for char in "\\`*_[]|#~"} | {ord("<"): "&lt;", ord(">"): "&gt;", ord("&"): "&amp;"}


def cell(value: object) -> str:
    r"""A text that others wrote, as Markdown that shows it and does nothing: `cell("a|b <b>")` -> "a\\|b &lt;b&gt;"."""
    text = " ".join(str(value).split())
    shown = "".join(char if char.isprintable() else "\ufffd" for char in text[:500])
    return shown.translate(MARKUP)
