"""An input that changes while it is read ends every command with exit 3; what it was is in no manifest."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from babelset.files import reading
from babelset.files.compression import zstd
from tests.commands import ended as run

ROWS = "".join(
    json.dumps({"instruction": f"Name the river {n}.", "input": "", "output": f"It is river {n}."}) + "\n"
    for n in range(60)
)


def shorter(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def longer(path: Path) -> None:
    with path.open("ab") as file:
        file.write(path.read_bytes())


def replaced(path: Path) -> None:
    other = path.with_name("other")
    shutil.copy2(path, other)
    other.replace(path)


def written_to(path: Path) -> None:
    whole = path.read_bytes()
    with path.open("r+b") as file:
        file.write(whole[:-9] + bytes(reversed(whole[-9:])))


def written_to_and_set_back(path: Path) -> None:
    before = path.stat()
    written_to(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def gone(path: Path) -> None:
    path.unlink()


CHANGES = [
    (shorter, "bytes; start again when nothing writes to it"),
    (longer, "bytes; start again when nothing writes to it"),
    (replaced, "another file has taken its place"),
    (written_to, "it was written to, and is as long as before"),
    (gone, "has gone while it was read"),
]
HIDDEN = [(written_to_and_set_back, "it holds something else, though size and time are as before")]
TRANSLATE = "translate {} --to ca -o out.jsonl --translator echo --chunk 10 -q"
MADE = {
    "translate": TRANSLATE,
    "score": "score {} --with length -o out.jsonl",
    "filter": "filter {} -o out.jsonl",
    "export": "export {} --as alpaca -o out.json",
    "report": "report {} -o out.html",
}
PACK: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstd.compress}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def changing(monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], path: str, at: int = 25) -> None:
    """Let `change` happen when the row `at` is read for work, the first look at the file being over."""
    real = reading.rows_of

    def rows_of(file: object, name: Path, *args: object) -> object:
        for row in real(file, name, *args):  # type: ignore[arg-type]
            if name == Path(path) and row.number % 60 == at and Path(path).exists() and not done:
                done.append(True)
                change(Path(path))
            yield row

    done: list[bool] = []
    monkeypatch.setattr(reading, "rows_of", rows_of)


def inputs(command: str, packing: str = "") -> str:
    """One that the command reads, the second of two."""
    path = Path(f"in.jsonl{packing}")
    if command == "translate":
        Path("first.jsonl").write_text(ROWS)
        path.write_bytes(PACK[packing](ROWS.encode()))
        return path.name
    Path("source.jsonl").write_text(ROWS)
    checks = ("language", "language_segments", "copied", "script", "task")  # that reject what echo marks
    Path("c.toml").write_text("[filters]\n" + "".join(f"{name} = false\n" for name in checks))
    assert run(f"translate source.jsonl --to ca -o in.jsonl{packing} --translator echo -q --config c.toml")[0] == 0
    shutil.copy(path, f"first.jsonl{packing}")
    return path.name


@pytest.mark.core(11)
@pytest.mark.parametrize(("change", "said"), CHANGES + HIDDEN, ids=[change.__name__ for change, _ in CHANGES + HIDDEN])
@pytest.mark.parametrize("command", MADE)
def test_it_ends_with_exit_3(
    command: str, change: Callable[[Path], None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if command == "report" and (change, said) in HIDDEN:
        pytest.skip("a report holds no hash of what it read")
    path = inputs(command)
    both = path if command == "report" else f"first.jsonl {path}"
    changing(monkeypatch, change, path)
    code, output = run(MADE[command].format(both))
    assert code == 3 and f"{path}: " in output and said in output, output
    assert not list(Path().glob("out.*manifest*")) and not Path("out.jsonl").exists()


@pytest.mark.parametrize("packing", [".gz", ".zst"])
@pytest.mark.parametrize("command", ["translate", "score"])
def test_packed_files_too(command: str, packing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = inputs(command, packing)
    changing(monkeypatch, written_to, path)
    code, output = run(MADE[command].format(path))
    assert code == 3 and f"{path}: has changed while it was read" in output, output


@pytest.mark.parametrize("command", ["translate", "score"])
def test_no_row_of_what_it_became_stays_in_the_journal(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever brings the old file back gets its rows, all of them, and its hash."""
    path = inputs(command)
    before, stat = Path(path).read_bytes(), Path(path).stat()
    with monkeypatch.context() as patch:
        changing(patch, lambda path: path.write_bytes(before.replace(b"river", b"RIVER")), path)
        assert run(MADE[command].format(path))[0] == 3
    Path(path).write_bytes(before)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert run(MADE[command].format(path))[0] == 0
    rows = Path("out.jsonl").read_text() + (Path("out.rejected.jsonl").read_text() if command == "translate" else "")
    assert "RIVER" not in rows and len(rows.splitlines()) == 60


def test_other_rights_are_no_other_file(monkeypatch: pytest.MonkeyPatch) -> None:
    path = inputs("translate")
    changing(monkeypatch, lambda path: path.chmod(0o600), path)
    code, output = run(MADE["translate"].format(path))
    assert code == 0, output
