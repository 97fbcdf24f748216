"""A translator that costs: each segment that it is asked for is on disk before the answer is given."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.translator import Failure, Translation
from babelset.languages import Pair
from babelset.text.segment import Segment
from babelset.translators.echo import Echo

BATCH = 2


class Paid(Echo):
    """Echo with a bill, in the file that PAID names. What holds "untold" fails, and is free."""

    batch: ClassVar[int] = BATCH

    @property
    def signature(self) -> str:
        return "paid|v:1"

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]:
        paid = [segment for segment in segments if "untold" not in segment.text]
        bill = os.open(os.environ["PAID"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(bill, "".join(json.dumps(f"{pair} {segment.text}") + "\n" for segment in paid).encode())
        os.fsync(bill)
        os.close(bill)
        answers = super().translate(segments, pair)
        both = zip(segments, answers, strict=True)
        return [answer if segment in paid else Failure("untold") for segment, answer in both]
