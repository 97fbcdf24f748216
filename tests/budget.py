"""
How much the core suite tries of what could be tried for ever.

BABELSET_TEST_ALL=1 pytest -m "engine or hypothesis"      all of it, as `make test-engines` does
"""

from __future__ import annotations

import os

ALL = os.environ.get("BABELSET_TEST_ALL") == "1"
SHARE = 6


def examples(most: int) -> int:
    """So many examples for Hypothesis; a sixth in the core suite, at least ten."""
    return most if ALL else max(most // SHARE, 10)
