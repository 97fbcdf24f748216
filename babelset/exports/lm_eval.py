"""
lm-eval: for each benchmark and language a data file and a task of templates, and a README with the command.

b_arc_ca.jsonl          id, instruction, option_a to option_e, answer
b_arc_ca.yaml           the task: lm-eval run --include_path DIR --tasks b_arc_ca
b_mgsm_hi_to_en.jsonl   a test set that was translated into English, from Hindi: translate-test

Labels are those of the source. Tried with lm-eval 0.4.13, offline.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from babelset.contracts.export import Export, Exported, TranslatedRow
from babelset.errors import ConfigError
from babelset.exports.benchmark import item, short
from babelset.languages import Language, find

ENGLISH = "eng_Latn"
PARTS = {"truthfulqa": ("truthfulqa_mc1", "truthfulqa_mc2")}  # benchmarks of several tasks: one name for all of them
README = """# Tasks for lm-eval

Made by `babelset export --as lm-eval`; tried with lm-eval 0.4.13 (`pip install lm-eval==0.4.13`).

| task | rows |
| --- | --- |
{table}

```bash
HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 lm-eval run --model dummy --include_path {folder} --tasks {tasks}
```

`--model dummy` only counts. With a model: `--model hf --model_args pretrained=MODEL`.
Each task names its data by `data_files`: when you move this folder, change that.
Labels are those of the source. Tasks named `X_to_en` are translate-test: a test set put into English.
"""


class LMEval(Export):
    """
    A data file and a task of templates for each benchmark and language, and a README with the command.

    ARC, MMLU, TruthfulQA mc1 and mc2, HellaSwag, XNLI, MGSM, Belebele and XQuAD; rows that were translated into
    English are named so: b_xnli_hi_to_en.
    """

    endings = ()

    def __init__(self) -> None:
        self.made: dict[str, tuple[str, Language]] = {}  # by task: the benchmark, and the language it is in

    def convert(self, row: TranslatedRow) -> Exported:
        kind, data = item(row)
        if kind == "xnli":
            _words(row.language)
        name = f"b_{kind}_{_suffix(row)}"
        self.made[name] = kind, row.language
        return Exported(data, f"{name}.jsonl")

    def texts(self, folder: Path, counts: Mapping[str, int]) -> dict[str, str]:
        found = {
            f"{name}.yaml": _yaml(config)
            for made in self.made
            for name, config in _tasks(made, *self.made[made], folder)
        }
        rows = [f"| `{name}` | {counts[f'{name}.jsonl']} |" for name in self.made]
        return {**found, "README.md": README.format(table="\n".join(rows), folder=folder, tasks=",".join(self.made))}


def _suffix(row: TranslatedRow) -> str:
    source = find(row.evidence["source"])
    if row.language.code == ENGLISH and source.code != ENGLISH:
        return f"{_tag(source)}_to_en"
    return _tag(row.language)


def _tag(language: Language) -> str:
    return short(language).replace("-", "_")


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("babelset.exports").joinpath("lm_eval.toml").read_text(encoding="utf-8"))


def _words(language: Language) -> list[str]:
    """XNLI's words in a language; ConfigError where nobody has written them down."""
    words: Mapping[str, list[str]] = _table()["words"]
    if language.code not in words:
        known = ", ".join(find(code).bcp47 for code in words)
        raise ConfigError(
            f"XNLI in lm-eval needs the words for right, yes, also and no, and none are known in {language.name} "
            f"({language.code}). There are: {known}. Translate the test set into one of these (--to en is "
            f"translate-test), or export the rows with --as mits and write the task by hand"
        )
    return words[language.code]


def _tasks(name: str, kind: str, language: Language, folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """The tasks of a data file, by name; where there are several, also the group that is called as the file."""
    data = folder / f"{name}.jsonl"
    if kind not in PARTS:
        return [(name, _task(name, kind, language, data))]
    parts = {name.replace(kind, part, 1): part for part in PARTS[kind]}
    return [
        *((task, _task(task, part, language, data)) for task, part in parts.items()),
        (name, {"group": name, "task": list(parts)}),
    ]


def _task(name: str, kind: str, language: Language, data: Path) -> dict[str, Any]:
    said = dict(_table()[kind])
    if kind == "xnli":
        right, *answers = _words(language)
        between = (f'premise+", {right}? {answer}, "+hypothesis' for answer in answers)
        said["doc_to_choice"] = "{{[" + ", ".join(between) + "]}}"
    metrics = [{"metric": metric, "aggregation": "mean", "higher_is_better": True} for metric in said.pop("metrics")]
    return {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test",
        **said,
        "metric_list": metrics,
        "metadata": {"version": 1.0},
    }


def _yaml(config: Mapping[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(dict(config), allow_unicode=True, sort_keys=False, width=10_000))
