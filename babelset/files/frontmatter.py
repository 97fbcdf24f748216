"""The metadata at the head of a README.md, as the Hugging Face hub has it. Nobody knows who wrote it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

READ = 200_000  # characters: a card with three splits in each of 200 languages has half of it
FRONT = re.compile(r"---[ \t]*\n(.*?)\n---", re.DOTALL)


def front_matter(card: Path) -> dict[str, Any]:
    """
    The metadata as texts, lists and dicts; {} for a card without any, or with what is not YAML.

    >>> front_matter(Path("alpaca/README.md"))  # ---, license: cc-by-nc-4.0, ---
    {'license': 'cc-by-nc-4.0'}

    Lists may hold each other, and be in themselves: bound the depth to which you look.
    """
    import yaml

    try:
        with card.open(encoding="utf-8", errors="replace") as file:
            front = FRONT.match(file.read(READ))
        # all is text: tags, dates and numbers construct nothing
        found = yaml.load(front[1], Loader=yaml.BaseLoader) if front else None
    except (OSError, yaml.YAMLError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
