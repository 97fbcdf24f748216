"""`babelset coverage`: how well a model knows languages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from babelset.cli import options as o
from babelset.cli.terminal import say, show_json
from babelset.errors import ConfigError

if TYPE_CHECKING:
    from babelset.languages import Language

Model = Annotated[
    str, typer.Option(metavar="DIR", help="A language model in safetensors, a sentence encoder in ONNX, or use.")
]
Parallel = Annotated[
    Path,
    typer.Option(metavar="DIR", help="Parallel texts: a file for each language, named after it."),
]
Pooling = Annotated[
    Literal["weighted", "last"],
    typer.Option(
        metavar="weighted|last", help="Of tokens: their mean, later ones counting more, or the last one alone."
    ),
]


def coverage(
    model: Model,
    to: Annotated[list[str], typer.Option("--to", metavar="LANG", help="Languages: --to ca,hi or --to ca --to hi.")],
    parallel: Parallel,
    source: Annotated[str, typer.Option("--from", metavar="LANG", help="The language to compare with.")] = "en",
    sentences: Annotated[int, typer.Option(min=2, metavar="N", help="Sentences, the first that there are.")] = 100,
    pooling: Pooling = "weighted",
    json: o.AsJson = False,
) -> None:
    """
    Measure how well a model knows languages.

    It compares vectors of parallel sentences with those in English. MEXA is the share of sentences that are nearest to
    their own translation, seen from both languages, pooled over layers; cosine is the mean similarity of translations.
    """
    from babelset.engines.hiddenstates import embedder
    from babelset.files.parallel import lines_of
    from babelset.languages import find
    from babelset.measures.alignment import aligned

    pivot = find(source)
    languages = list(dict.fromkeys(find(name.strip()) for names in to for name in names.split(",")))
    texts = lines_of(parallel, list(dict.fromkeys([pivot, *languages])), sentences)
    if (count := len(texts[pivot])) < 2:
        raise ConfigError(f"{parallel}: two sentences at least are compared; there: {count}")
    embed = embedder(model, pooling)
    own = embed(texts[pivot])
    found = {language: aligned(own, embed(texts[language])) for language in languages}
    if json:
        told = {language.bcp47: measured for language, measured in found.items()}
        return show_json({"model": model, "from": pivot.bcp47, "sentences": count, "languages": told})
    say(f"{count} sentences, {len(own)} layers, compared with {pivot.name}")
    for language, measured in found.items():
        _show(language, measured)


def _show(language: Language, measured: dict[str, Any]) -> None:
    best = max(range(len(measured["layers"])), key=lambda layer: measured["layers"][layer]["mexa"])
    mexa, most, cosine = (f"{measured[name]:.3f}" for name in ("mexa", "mexa_max", "cosine"))
    say(f"{language.bcp47}: MEXA {mexa} (layer {best}: {most}), cosine {cosine}")
