"""`babelset push`: an export for the Hugging Face hub, to the hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from babelset.cli.terminal import say


def push(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="What export --as hub made.")],
    repo: Annotated[str, typer.Argument(metavar="ORG/NAME", help="The dataset on the hub; made if it is not there.")],
    private: Annotated[bool, typer.Option("--private", help="Let nobody else see a dataset that is new.")] = False,
) -> None:
    """
    Upload a dataset to the Hugging Face hub.

    FOLDER is what `babelset export --as hub` made. The token is read from HF_TOKEN. Give the same command again to
    resume: what is there is not sent again. All files become visible at once.
    """
    from babelset.exports.push import push as pushed

    say(pushed(folder, repo, private=private, say=lambda message: say(message, err=True)))
