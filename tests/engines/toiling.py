"""What pools do in tests: a small engine that misbehaves when it is told to."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


class Toil:
    """Upper-case a text; DIE, HANG, RAISE, PRINT and ONCE do what they say."""

    def __init__(self, folder: str, fails: str = "") -> None:
        if fails:
            raise ValueError(fails)
        self.folder = Path(folder)
        (self.folder / f"started-{os.getpid()}").touch()

    def __call__(self, text: str) -> str:
        if "SLOW" in text:
            time.sleep(0.05)
        if "DIE" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "HANG" in text:
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            time.sleep(60)
        if "RAISE" in text:
            raise ValueError("over this text")
        if "PRINT" in text:
            print("chatter", flush=True)
        if "ONCE" in text:
            try:
                (self.folder / "once").touch(exist_ok=False)
            except FileExistsError:
                return text.upper()
            os._exit(3)
        return text.upper()
