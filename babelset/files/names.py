"""
Names from outside that become a file's name: what cannot name a file of one folder, on any system, is no such name.

>>> unfit("dolly"), unfit("../dolly")
('', 'holds "/"')
"""

from __future__ import annotations

from pathlib import PurePosixPath

LONGEST = 150  # bytes: most systems have 255, and endings such as ".rejected.jsonl.gz.part" need room
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}


def unfit(name: str) -> str:
    """Why it cannot be a file's name; "" where it can."""
    if odd := next((char for char in name if char in '/\\:*?"<>|'), None):
        return f'holds "{odd}"'
    if not name.isprintable():
        return "holds control characters"
    if name.partition(".")[0].strip().casefold() in RESERVED:
        return "is the name of a device on Windows"
    if not name.strip(". ") or name[-1] in ". ":
        return "ends with a dot or a space" if name else "is empty"
    size = len(name.encode())
    return f"is {size} bytes long; {LONGEST} at most" if size > LONGEST else ""


def unfit_below(path: str) -> str:
    """Why a relative path does not name a file below its folder; "" where it does."""
    if path.startswith("/"):
        return "is absolute"
    parts = PurePosixPath(path).parts
    return next((f"{part!r} {reason}" for part in parts if (reason := unfit(part))), "" if parts else "is empty")
