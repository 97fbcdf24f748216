"""What the manifest of a run tells besides its rows: engines, routes, cost, time, licences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from babelset.report.corpus import Corpora, corpora_of
from babelset.work.licenses import Licenses

Facts = Mapping[str, Any]
UNKNOWN = "nothing recorded"
YEAR_9999 = 253_370_764_800  # Unix time


@dataclass(frozen=True, slots=True)
class Route:
    """One engine of a run: the rows that it was kept for and tried for, and what it cost and took."""

    name: str
    rows: int
    tried: int
    segments: int
    after: Facts  # rows by the engine that had done them badly
    account: Facts
    effort: Facts


@dataclass(frozen=True, slots=True)
class Run:
    """One output of `babelset translate` or `babelset filter`; without a manifest only its name is known."""

    name: str
    files: Facts  # rows found, by file
    damaged: int  # rows that could not be read from them
    warnings: tuple[str, ...]
    inputs: tuple[str, ...]
    translator: str
    date: str  # on which its last process started, UTC
    notice: str
    routes: tuple[Route, ...]
    account: Facts  # of the only engine
    effort: Facts  # of the process that ended the run
    corpora: Corpora  # of a scored run
    licenses: Licenses


def run_of(name: str, manifest: Facts, files: Mapping[str, int], damaged: int, warnings: list[str]) -> Run:
    return Run(
        name=name,
        files=dict(files),
        damaged=damaged,
        warnings=(*warnings, *_differences(manifest, sum(files.values())), *_damage(damaged)),
        inputs=tuple(str(item.get("file", "")) for item in _list(manifest.get("inputs"))),
        translator=_translator(_table(manifest.get("job"))),
        date=_date(_table(manifest.get("this_process")).get("started")),
        notice=str(manifest.get("notice") or ""),
        routes=tuple(_routes(manifest)),
        account=_plain(_table(manifest.get("engine"))),
        effort=_plain(_table(manifest.get("this_process"))),
        corpora=corpora_of(manifest, name),
        licenses=Licenses.of(manifest),
    )


def licences(run: Run) -> str:
    """What is known of them: "models: nllb CC-BY-NC-4.0; data: nothing recorded, see where alpaca.jsonl came from"."""
    models = ", ".join(f"{name} {text or UNKNOWN}" for name, text in run.licenses.models.items())
    data = run.licenses.data or f"{UNKNOWN}, see where {', '.join(run.inputs) or 'it'} came from"
    return f"models: {models or UNKNOWN}; data: {data}"


def limits_of(manifest: Facts) -> dict[str, tuple[float, ...]]:
    """The scores that each check of the run decides at; the checks' defaults where no manifest tells."""
    config = _table(manifest.get("filters")) or _defaults()
    found = {check: tuple(_limits(_table(options))) for check, options in config.items()}
    return {check: limits for check, limits in found.items() if limits}


def _limits(options: Facts) -> list[float]:
    tolerance = _number(options.get("tolerance"))
    pair = [1 / tolerance, tolerance] if tolerance else []
    below = (
        -_number(-least) if isinstance(least := options.get("least"), int | float) else 0
    )  # of a difference of scores
    return [*filter(None, (below, *(_number(options.get(name)) for name in ("least", "most")))), *pair]


def _defaults() -> dict[str, Any]:
    from babelset.contracts.checks import build_filters

    return {check.name: dict(check) for check in build_filters({})}


def _differences(manifest: Facts, found: int) -> list[str]:
    read = _table(manifest.get("rows")).get("read", found)
    if read == found:
        return []
    return [f"the manifest tells of {read} rows, {found} are in the files: they were changed after the run"]


def _damage(rows: int) -> list[str]:
    if not rows:
        return []
    return [f"{rows:,} rows could not be read, or were not written by babelset: they are counted nowhere else"]


def _translator(job: Facts) -> str:
    if job.get("routes"):
        return "routes"
    engine = _table(job.get("translator"))
    model = _table(engine.get("options")).get("model")
    return " ".join(str(part) for part in (engine.get("name"), model) if part)


def _date(started: Any) -> str:
    """The day of a Unix time; "" where there is none."""
    seconds = _number(started)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}" if 0 < seconds < YEAR_9999 else ""


def _routes(manifest: Facts) -> list[Route]:
    engines = _table(_table(manifest.get("routes")).get("engines"))
    efforts = _table(_table(manifest.get("this_process")).get("routes"))
    return [
        Route(
            name=name,
            rows=int(_number(engine.get("rows"))),
            tried=int(_number(engine.get("tried"))),
            segments=int(_number(engine.get("segments"))),
            after=_plain(_table(engine.get("after"))),
            account=_plain(_table(engine.get("account"))),
            effort=_plain(_table(efforts.get(name))),
        )
        for name, engine in ((name, _table(told)) for name, told in engines.items())
    ]


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0


def _plain(table: Facts) -> dict[str, Any]:
    return {key: value for key, value in table.items() if isinstance(value, str | int | float)}


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
