from __future__ import annotations

import pytest

from babelset.cli import progress


def test_where_there_is_no_terminal_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    with progress.watching() as watch:
        watch.say("recognised as alpaca")
        watch.total(1000)
        watch.segments(50)
        assert capsys.readouterr().err == "recognised as alpaca\n"
        now += 40
        watch.rows(100)
        assert capsys.readouterr().err == "100 of 1,000 rows, 50 segments, 1 segments/s, 360 s left\n"
        now += 10
        watch.rows(100)
        assert capsys.readouterr().err == ""


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.watching(quiet=True) as watch:
        watch.say("x")
        watch.rows(1)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_there_is_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with progress.watching() as watch:
        watch.total(10)
        watch.segments(5)
        watch.rows(10)
        watch.say("[bold]not markup[/bold]")
    assert "[bold]not markup[/bold]" in capsys.readouterr().err
