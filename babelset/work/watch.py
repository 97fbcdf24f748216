"""Who looks on while a command works."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Watch:
    """
    Who is told of progress: `translate(job, Watch(say=print))`.

    Each function is called with what happened since its last call.
    """

    say: Callable[[str], None] = lambda message: None
    total: Callable[[int], None] = lambda count: None  # rows of the whole work, where they were counted
    rows: Callable[[int], None] = lambda count: None
    warn: Callable[[str], None] = logging.getLogger("babelset").warning  # of damage, also where all else is quiet
    segments: Callable[[int], None] = lambda count: None
