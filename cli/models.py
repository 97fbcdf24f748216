"""`babelset models`: models that are kept on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from babelset.cli import options as o
from babelset.cli.terminal import say, show_json
from babelset.errors import ConfigError

if TYPE_CHECKING:
    from babelset.languages import Language, Pair

Engine = Annotated[str, typer.Argument(metavar="ENGINE", help="firefox.")]
Direction = Annotated[str, typer.Argument(metavar="PAIR", help="From and to, as en-es; pt-es goes by way of English.")]
Place = Annotated[
    str, typer.Option("--from", metavar="URL|DIR", help="A mirror, or another service; see docs/engines.md.")
]
Folder = Annotated[
    Path | None,
    typer.Option("--to", metavar="DIR", help="By default $BABELSET_MODELS or ~/.local/share/babelset/models."),
]

Texts = Annotated[
    list[str], typer.Argument(metavar="TEXT", help="Texts in the target language, in any format that translate reads.")
]
Map = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The map to write.")]
CT2Model = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a CTranslate2 model, as NLLB's.")]
Languages = Annotated[
    list[str], typer.Option("--to", metavar="LANG", help="Languages to keep: --to en,ca or --to en --to ca.")
]
TEXT = "Texts whose pieces are kept; without it, those in the languages' scripts."
CHECK = "Texts to translate with both models: what is the same, speed, memory."

models = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Fetch models, and list those that are here.")


@models.command("list")
def list_(json: o.AsJson = False) -> None:
    """
    List the models that are used without being named.
    """
    from babelset.engines.firefox.models import home, installed

    rows = [
        {
            "engine": "firefox",
            "pair": model.name,
            "mebibytes": round(model.size / 2**20),
            "folder": str(model.weights.parent),
        }
        for model in installed()
    ]
    if json:
        show_json(rows)
        return
    for row in rows:
        say(*row.values())
    if not rows:
        say(f"no models in {home()}. To fetch one: babelset models get firefox en-es", err=True)


@models.command()
def get(engine: Engine, pair: Direction, place: Place = "", folder: Folder = None) -> None:
    """
    Fetch the models that lead from one language into another.

    Each file is checked by its SHA-256. Stopped halfway, the same command resumes. A run never fetches anything.
    """
    from babelset.engines.firefox.fetch import get as fetch

    if engine != "firefox":
        raise ConfigError(f"models of {engine!r} are not fetched here. There are: firefox")
    names = fetch(_pair(pair), place, folder, lambda message: say(message, err=True))
    say(" ".join(names))


@models.command()
def vmap(model: CT2Model, texts: Texts, output: Map, force: o.Force = False) -> None:
    """
    Write the vocabulary map of a model: the tokens it may write.

    They are those that texts in the target language need. With -O vmap=FILE nllb and ct2 weigh fewer, and are faster.
    Give many texts, and names of the source: what the map lacks can only be spelled. See docs/engines.md.
    """
    from babelset.engines.ctranslate2 import vocabularymap
    from babelset.engines.modelfolder import locate
    from babelset.files.reading import strings
    from babelset.files.writing import says, write_whole
    from babelset.work.places import keep_apart

    keep_apart([*texts, *model.glob("*")], {"vocabulary map": output})
    tokens = vocabularymap.candidates(locate(str(model), download=False), strings(texts))
    line = vocabularymap.line(tokens)
    if output.exists() and not force and not says(output, [line]):
        raise ConfigError(f"{output} exists, and is not this map; name another file, or add --force")
    write_whole(output, [line])
    say(f"{len(tokens)} tokens")


@models.command()
def trim(
    model: CT2Model,
    to: Languages,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to write.")],
    text: Annotated[list[str] | None, typer.Option(metavar="FILE", help=TEXT)] = None,
    size: Annotated[int, typer.Option(min=0, metavar="N", help="Tokens at most; 0 for any number.")] = 0,
    check: Annotated[str | None, typer.Option(metavar="FILE", help=CHECK)] = None,
    source: Annotated[str, typer.Option("--from", metavar="LANG", help="Language of the texts to check.")] = "en",
    force: o.Force = False,
    json: o.AsJson = False,
) -> None:
    """
    Cut an NLLB model to some languages.

    The new folder is smaller and faster, and nllb loads it as any other. What is translated inside the tokens that stay
    is the same; words outside are split into smaller pieces, down to single characters, which all stay. See
    docs/engines.md.
    """
    from babelset.engines.ctranslate2.trimcheck import compared
    from babelset.engines.ctranslate2.trimming import cut
    from babelset.engines.modelfolder import locate
    from babelset.files.reading import strings
    from babelset.work.places import keep_apart

    folder, texts, languages = locate(str(model), download=False), text or [], _languages(to)
    asked, pairs = _asked(check, source, languages)
    made = cut(folder, languages, strings(texts) if texts else None, size)
    keep_apart(
        [*texts, *map(str, folder.glob("*")), *filter(None, [check])], {name: output / name for name in made.files}
    )
    made.write(output, force)
    told = {"tokens": {"before": len(made.vocabulary), "after": len(made.kept)}, "bytes": _sizes(folder, output)}
    checks = compared(folder, output, asked, pairs)
    if json:
        return show_json({**told, "checks": checks})
    for name, counts in told.items():
        say(f"{name}: {counts['before']} before, {counts['after']} after")
    for line in checks:
        say("; ".join(f"{name.replace('_', ' ')} {value}" for name, value in line.items()))


def _languages(to: list[str]) -> list[Language]:
    from babelset.languages import find

    found = list(dict.fromkeys(find(name.strip()) for names in to for name in names.split(",")))
    if len(found) < 2:
        raise ConfigError("--to: a model translates between two languages at least, as --to en,ca")
    return found


def _asked(file: str | None, source: str, languages: list[Language]) -> tuple[list[str], list[Pair]]:
    """The texts of a check, and the pairs."""
    from babelset.files.reading import strings
    from babelset.languages import Pair, find

    if file is None:
        return [], []
    texts, one = [text for text in dict.fromkeys(strings([file])) if text.strip()], find(source)
    if one not in languages or not texts:
        raise ConfigError(f"--check: {file} holds no texts" if not texts else f"--from {source} is not among --to")
    return texts, [Pair(one, other) for other in languages if other != one]


def _sizes(before: Path, after: Path) -> dict[str, int]:
    return {name: (folder / "model.bin").stat().st_size for name, folder in (("before", before), ("after", after))}


def _pair(text: str) -> Pair:
    """`en-es`, `en-pt-BR`, `zh-Hans-en`, `eng_Latn-spa_Latn`: cut where both sides are languages."""
    from babelset.languages import Pair, find

    parts = text.split("-")
    for at in range(1, len(parts)):
        try:
            return Pair(find("-".join(parts[:at])), find("-".join(parts[at:])))
        except ConfigError as error:
            wrong = error
    raise wrong if len(parts) == 2 else ConfigError(f"{text!r}: write the pair as FROM-TO, as en-es")
