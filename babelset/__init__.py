"""
Turn an instruction dataset in one language into trustworthy instruction data in two hundred.

>>> from babelset import Job, translate
>>> translate(Job(inputs=("alpaca.jsonl",), output="ca.jsonl", target="ca"))["rows"]
{'read': 999, 'accepted': 871, 'rejected': 128, 'failed': 0}

Names are imported from here; each is loaded from its module when it is first used, so `import babelset` stays fast.
Whatever is not in `__all__` may change between two versions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from babelset.contracts.checks import build_filters
    from babelset.contracts.engine import Engine
    from babelset.contracts.evidence import Evidence, evidence_of
    from babelset.contracts.export import Export, Exported, TranslatedRow
    from babelset.contracts.filter import Filter, Rating, Scored, Verdict
    from babelset.contracts.schema import Schema
    from babelset.contracts.step import Failed, Made, Rejected, RowStep, Running, Stage, StepRow
    from babelset.contracts.translator import Failure, Translation, Translator
    from babelset.errors import (
        AccountingError,
        BabelsetError,
        ConfigError,
        ContractError,
        DataError,
        EngineError,
        OutputError,
        ShortfallError,
        Stopped,
    )
    from babelset.exports.export import ExportJob, export
    from babelset.files.reading import read
    from babelset.files.row import BadRow, Row
    from babelset.languages import Language, Pair, find
    from babelset.scoring.refilter import Refilter, refilter
    from babelset.scoring.scores import Scoring, add_scores, build_scorers
    from babelset.text.segment import Segment
    from babelset.translation.job import Job
    from babelset.translation.run import translate
    from babelset.work.manifest import Manifest
    from babelset.work.watch import Watch

_HOMES = {
    "contracts.checks": "build_filters",
    "contracts.engine": "Engine",
    "contracts.evidence": "Evidence evidence_of",
    "contracts.export": "Export Exported TranslatedRow",
    "contracts.filter": "Filter Rating Scored Verdict",
    "contracts.schema": "Schema",
    "contracts.step": "Failed Made Rejected RowStep Running Stage StepRow",
    "contracts.translator": "Failure Translation Translator",
    "errors": "AccountingError BabelsetError ConfigError ContractError DataError EngineError OutputError "
    "ShortfallError Stopped",
    "exports.export": "ExportJob export",
    "files.reading": "read",
    "files.row": "BadRow Row",
    "languages": "Language Pair find",
    "scoring.refilter": "Refilter refilter",
    "scoring.scores": "Scoring add_scores build_scorers",
    "text.segment": "Segment",
    "translation.job": "Job",
    "translation.run": "translate",
    "work.manifest": "Manifest",
    "work.watch": "Watch",
}
_HOME = {name: f"babelset.{module}" for module, names in _HOMES.items() for name in names.split()}

__all__ = [
    "AccountingError",
    "BabelsetError",
    "BadRow",
    "ConfigError",
    "ContractError",
    "DataError",
    "Engine",
    "EngineError",
    "Evidence",
    "Export",
    "ExportJob",
    "Exported",
    "Failed",
    "Failure",
    "Filter",
    "Job",
    "Language",
    "Made",
    "Manifest",
    "OutputError",
    "Pair",
    "Rating",
    "Refilter",
    "Rejected",
    "Row",
    "RowStep",
    "Running",
    "Schema",
    "Scored",
    "Scoring",
    "Segment",
    "ShortfallError",
    "Stage",
    "StepRow",
    "Stopped",
    "TranslatedRow",
    "Translation",
    "Translator",
    "Verdict",
    "Watch",
    "__version__",
    "add_scores",
    "build_filters",
    "build_scorers",
    "evidence_of",
    "export",
    "find",
    "read",
    "refilter",
    "translate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'babelset' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
