"""Every command that writes a file, with little data: what is killed at every point."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from babelset.engines.comet.process import WORKER
from tests.crash.paid import BATCH
from tests.crash.trial import Case, Step

FAKE_COMET = Path(__file__).parents[1] / "engines" / "comet" / "fake_comet_worker.py"
TEXTS = ("It is `x` old. So is the river.", "The river is $a_1$ deep.", "The river is untold.", "A river runs.")
ROWS = [
    json.dumps({"instruction": f"Describe river {number}.", "input": "", "output": text}) + "\n"
    for number, text in enumerate(TEXTS)
]
CHECKS = "[filters]\nlanguage = false\nscript = false\ncopied = false\n"  # the first takes a second to load
RATES = 'currency = "EUR"\n[models.rot13]\ninput = 1000\noutput = 1000\n'
PIPELINE = """
to = ["ca", "es"]
output = "out/{dataset}.{lang}.jsonl"
memory = "out/memory.sqlite"
[datasets]
few = "few.jsonl"
[[steps]]
use = "translate"
translator = "paid"
filters = { language = false, script = false, copied = false }
[[steps]]
use = "export"
as = "okapi"
output = "out/okapi"
[[steps]]
use = "export"
as = "alpaca"
output = "out/alpaca.{lang}.json"
"""
FILES = {
    "in.jsonl": "".join(ROWS) + '{"no row\n',
    "few.jsonl": "".join(ROWS[:2]),
    "two.txt": "The river is cold.\nThe river runs.\n",
    "c.toml": CHECKS,
    "prices.toml": RATES,
    "p.toml": PIPELINE,
}
COMMON = ("--config", "c.toml", "-q")
TRANSLATE = ("translate", "in.jsonl", "--to", "ca", "-o", "ca.jsonl", "--translator", "paid", "--chunk", "2", *COMMON)
RUN = ("translate", "in.jsonl", "--to", "ca", "-o", "ca.jsonl", "--translator", "echo", *COMMON)
EARLIER = (
    "translate",
    "in.jsonl",
    "--to",
    "ca",
    "-o",
    "a.jsonl",
    "--translator",
    "echo",
    "--memory",
    "m.sqlite",
    *COMMON,
)
TO_STDOUT = (
    "translate",
    "in.jsonl",
    "--to",
    "ca",
    "-o",
    "-",
    "--translator",
    "echo",
    "--rejected",
    "no.jsonl",
    "--force",  # it has no place to say whose no.jsonl is
    *COMMON,
)
TO_HUB = ("export", "ca.jsonl", "--as", "hub", "-o", "hub")
REVIEW = ("review", "ca.jsonl", "--all")
IMPORT = (*REVIEW, "--import", "sheet.csv", "--reviewer", "Anna")
APPLY = ("apply-review", "ca.jsonl", "-o", "done.jsonl")
OPENAI = (
    *("translate", "few.jsonl", "--from", "bug", "--to", "ban", "-o", "ban.jsonl", "--translator", "openai"),
    *("--model", "rot13", "--base-url", "{url}", "-O", "wait=0.01", "-O", "concurrency=1", "-O", "recheck=0"),
    *("-O", "pack=16", "--chunk", "1", *COMMON),
)
REQUESTS, MONEY = 40, 30.0  # what was in flight at each death is counted at its worst
LIMITS = ("-O", "prices=prices.toml", "-O", f"max_cost={MONEY}", "-O", f"max_requests={REQUESTS}")
VOTE = ("run", "vote", "in.jsonl", "-o", "v.jsonl", "--to", "ca", "--set", "with=paid,echo", "--set", "of=output", "-q")
MINED = ("--set", "with=translate:paid", "--set", "fields=output", "--set", "least=0")
MINE = ("run", "mine", "in.jsonl", "few.jsonl", "-o", "pairs.jsonl", "--to", "ca", *MINED, "-q")
VLLM = (
    *("translate", "few.jsonl", "--from", "bug", "--to", "ban", "-o", "ban.jsonl", "--translator", "vllm"),
    *("--model", "rot13", "-O", "recheck=0", "-O", "pack=16", "--chunk", "1", *COMMON),
)
SERVED = 'options={"base_url": "{url}", "wait": 0.01, "concurrency": 1}'
TO_SCORED = ("-o", "scored.jsonl", "-q")
BY_LENGTH = ("score", "ca.jsonl", "--with", "length", "--chunk", "2", *TO_SCORED)
BY_NUMBERS = ("score", "ca.jsonl", "--with", "numbers", *TO_SCORED)
BY_JUDGE = ("score", "ca.jsonl", "--with", "judge:rot13", "-O", SERVED, "--sample", "2", "--chunk", "2", *TO_SCORED)
TWO_LINES = ("translate", "two.txt", "--to", "ca", "-o", "ca.jsonl", "--translator", "echo", *COMMON)
CALIBRATE = ("calibrate", "ca.jsonl", "--with", "judge:rot13", "-O", SERVED, "-O", "retries=0", "--sample", "2")
BY_COMET = ("score", "ca.jsonl", "--with", "comet:tool/model", "-O", "python=tool/python", *TO_SCORED)
FILTER = ("filter", "ca.jsonl", "ca.rejected.jsonl", "--config", "c.toml")
CUT = ("filter", "scored.jsonl", "-o", "strict.jsonl", "--config", "c.toml")
GATHER = ("gather", "p2.jsonl", "p1.jsonl", "-o", "ca.jsonl")


def changed(argv: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    """`changed(RUN, "ca", "es")` -> the command with the one in place of the other."""
    return tuple(new if each == old else each for each in argv)


def filled(folder: Path) -> None:
    """A reviewer's answers in the sheet: accept, reject, correct."""
    sheet = folder / "sheet.csv"
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    rows = list(dict.fromkeys(line["id"] for line in lines))
    for line in lines:
        line["verdict"] = dict(zip(rows, ("accept", "reject", "correct"), strict=False)).get(line["id"], "")
        if line["verdict"] == "correct":
            line["correction"] = line["target"].replace("untold", "told").replace("⟦ca⟧", "El ")
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)


def executable(path: Path, script: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def comet(folder: Path) -> None:
    """An interpreter whose unbabel-comet is the made-up worker; what that writes down is elsewhere."""
    script = json.dumps({"worker": str(WORKER)})
    executable(
        folder / "tool" / "python",
        f'shift 4\nmkdir -p "$PAID.model" && echo \'{script}\' >"$PAID.model/script.json"\n'
        f'exec {sys.executable} -I {FAKE_COMET} --model "$PAID.model" "$@"',
    )


def installer(folder: Path) -> None:
    """An interpreter that makes environments and installs nothing."""
    executable(
        folder / "python",
        'for last; do :; done\ncase "$*" in *"pip install"*) ;; *venv*) mkdir -p "$last/bin" && '
        'cp "$0" "$last/bin/python";; *) echo \'{"unbabel-comet": "2.2.7"}\';; esac',
    )


def model(folder: Path) -> None:
    """A tiny NLLB."""
    shutil.copytree(Path(__file__).parents[1] / "models/tiny-nllb", folder / "model")


def mirror(folder: Path) -> None:
    """A folder to fetch a model from, of noise."""
    records = []
    for kind, name in (("model", "model.enes.bin"), ("vocab", "vocab.enes.spm")):
        content = name.encode() * 99
        path = folder / "mirror" / "en-es" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        records.append(
            {
                "name": name,
                "fileType": kind,
                "sourceLanguage": "en",
                "targetLanguage": "es",
                "version": "3.0",
                "decompressedHash": hashlib.sha256(content).hexdigest(),
                "attachment": {"location": f"en-es/{name}"},
            }
        )
    (folder / "mirror" / "records.json").write_text(json.dumps({"data": records}))


def within(folder: Path, asked: list[str]) -> None:
    """No more requests and money than were allowed, whatever died."""
    account = json.loads((folder / "ban.manifest.json").read_text("utf-8"))["engine"]
    assert len(asked) <= account["requests"] <= REQUESTS and account["cost"] <= MONEY, account


def case(
    argv: tuple[str, ...], *prepare: Step, other: tuple[str, ...] = (), in_flight: int = 0,
    also: Callable[[Path, list[str]], None] | None = None,
) -> Case:  # fmt: skip
    return Case(argv, FILES, prepare, other, in_flight, also)


def _filter(ending: str) -> Case:
    argv = (*FILTER, "-o", f"strict.{ending}")
    return case(argv, RUN, other=(*argv, "--where", "length < 0.1"))


def _export(shape: str, output: str) -> Case:
    argv = ("export", "ca.jsonl", "--as", shape, "-o", output)
    return case(argv, RUN, other=(*argv, "--with-evidence"))


FORCED = (*changed(TRANSLATE, "ca", "es"), "--force")
PARTS = tuple((*changed(RUN, "ca.jsonl", f"p{number}.jsonl"), "--shard", f"{number}/2") for number in (1, 2))
SCORED_PARTS = tuple((*BY_LENGTH[:-2], f"s{number}.jsonl", "-q", "--shard", f"{number}/2") for number in (1, 2))
REVIEWED: tuple[Step, ...] = (RUN, (*REVIEW, "--export", "sheet.csv"), filled)
CASES: dict[str, Case] = {
    "translate": case(TRANSLATE, other=changed(TRANSLATE, "ca", "es"), in_flight=BATCH),
    "translate --force": case(FORCED, RUN, other=changed(TRANSLATE, "ca", "gl"), in_flight=BATCH),
    "translate --memory": case(
        (*TRANSLATE, "--memory", "m.sqlite"), EARLIER, other=(*TRANSLATE, "--keep-numbers"), in_flight=BATCH
    ),
    "translate -o -": case(TO_STDOUT),
    "translate with openai": case(OPENAI, other=(*OPENAI, "--keep-numbers"), in_flight=1),
    "translate --max-cost": case((*OPENAI, *LIMITS), in_flight=1, also=within),
    "translate from the hub": case(
        changed(TRANSLATE, "in.jsonl", "hf:anna/rivers"), other=changed(TRANSLATE, "ca", "es"), in_flight=BATCH
    ),
    "translate with vllm": case(VLLM, other=(*VLLM, "--keep-numbers"), in_flight=8),
    "run": case(("run", "p.toml", "-q"), in_flight=BATCH),
    "run vote": case((*VOTE, "--set", "least=1"), other=(*VOTE, "--set", "fields=output"), in_flight=BATCH),
    "run mine": case(MINE, other=(*MINE, "--set", "least=0.9"), in_flight=BATCH),
    "score": case(BY_LENGTH, RUN, other=BY_NUMBERS),
    "score with judge": case(BY_JUDGE, RUN, other=BY_NUMBERS, in_flight=1),
    "score with comet": case(BY_COMET, RUN, comet, other=BY_NUMBERS),
    "calibrate with judge": replace(case(CALIBRATE, TWO_LINES, in_flight=1), shown=True),
    "filter": _filter("jsonl"),
    "filter --keep": case((*CUT, "--keep", "1", "--by", "comet"), RUN, comet, BY_COMET, other=CUT),
    **{f"filter to {ending}": _filter(ending) for ending in ("json", "jsonl.gz", "jsonl.zst", "parquet")},
    "export to files": _export("okapi", "okapi"),
    "export to a file": _export("alpaca", "alpaca-{lang}.json"),
    "export to the hub's shape": _export("hub", "hub"),
    "export to csv": _export("csv", "ca.csv"),
    "export to parquet": _export("parquet", "ca.parquet"),
    "report": case(("report", "ca.jsonl", "-o", "report.html"), RUN),
    "review to csv": case((*REVIEW, "--export", "sheet.csv"), RUN),
    "review to xlsx": case((*REVIEW, "--export", "sheet.xlsx"), RUN),
    "review to a folder": case((*REVIEW, "--export", "argilla/"), RUN),
    "review from csv": case(IMPORT, *REVIEWED),
    "translate --shard": case((*TRANSLATE, "--shard", "2/2"), other=(*TRANSLATE, "--shard", "1/2"), in_flight=BATCH),
    "gather": case(GATHER, *PARTS, other=(*RUN, "--keep-numbers")),
    "gather scores": case(("gather", "s1.jsonl", "s2.jsonl", "-o", "scored.jsonl"), RUN, *SCORED_PARTS),
    "gather to parquet": case(("gather", "p1.jsonl", "p2.jsonl", "-o", "ca.parquet"), *PARTS),
    "apply-review": case(APPLY, *REVIEWED, IMPORT, other=(*APPLY, "--reviewed-only")),
    "apply-review --memory": case(
        (*APPLY, "--memory", "m.sqlite"), *REVIEWED, IMPORT, other=(*APPLY, "--reviewed-only")
    ),
    "models get": case(("models", "get", "firefox", "en-es", "--from", "mirror", "--to", "models"), mirror),
    "models vmap": case(("models", "vmap", "model", "few.jsonl", "-o", "vmap.txt"), model),
    "models trim": case(("models", "trim", "model", "--to", "en,ca", "--text", "few.jsonl", "-o", "small"), model),
    "setup comet": case(("setup", "comet", "--path", "env", "--python", "./python"), installer),
}
WRITES_NOTHING: dict[str, tuple[str, ...]] = {
    "estimate": ("in.jsonl", "--to", "ca", "--translator", "echo"),
    "inspect": ("in.jsonl",),
    "show": ("ca.jsonl", "--row", "1"),
    "languages": (),
    "models list": (),
    "plugins": (),
    "push": ("hub", "anna/new"),
    "doctor": (),
    "prompts list": (),
    "prompts show": ("segments",),
}
APART = {  # and where it is tried
    "coverage": "writes nothing either: tests/cli/test_coverage.py",
    "setup eflomal": "is `setup comet` for another tool, in a place of its own",
}
