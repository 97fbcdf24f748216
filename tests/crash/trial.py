"""
One command, killed at a point and given again, and what must hold then.

    with machine() as fork_server:
        trial = Trial(fork_server, CASES["translate"], folder)
        for at in trial.points():
            trial.kill(at)

What breaks a promise is an AssertionError that names the command, the point and what was lost:

1. A file under a final name is whole, or as it was before; what the command reads is as it was.
2. The same command ends as if nothing had happened, with the same files, and nothing left over.
3. Nothing is asked for again that is stored; of the rest, at most what one death finds in flight.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from tests.crash.contents import Files, content, snapshot, stored_in
from tests.crash.disk import Call, Disk, calls, restore
from tests.crash.machine import Machine, Ran

DONE = (0, 1)  # exit codes of a command that has done its work
KILLED, REFUSED, STOPPED = -9, 2, 130
GROWING = (".sqlite", ".log")  # files that are whole at any time
Step = Sequence[str] | Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Case:
    """
    A command in a folder that holds `files`, and what the steps of `prepare` made of them.

    `other` is another command with the same output. `in_flight` is the most that one death may cost. `also` looks at
    a finished folder, and at all that was asked for. What a command makes may be `shown`, on standard output: once it is
    there, a death costs nobody anything, and the command given again is a new one.
    """

    argv: Sequence[str]
    files: Mapping[str, str] = field(default_factory=dict)
    prepare: Sequence[Step] = ()
    other: Sequence[str] = ()
    in_flight: int = 0
    also: Callable[[Path, list[str]], None] | None = None
    shown: bool = False


class Trial:
    """
    A case, in a folder where it has not run, `before`, and one to kill it in. `whole` is what it makes there when nothing
    disturbs it: in the same folder, since what an export says for lm-eval names it.
    """

    def __init__(self, machine: Machine, name: str, case: Case, folder: Path) -> None:
        self.machine, self.name, self.case, self.folder = machine, name, case, folder
        self.killed, self.kills, self.resumed = folder / "killed", 0, 0
        self._seen: set[str] = set()
        self.before = self._prepare(folder / "before")
        self.whole, self.ran = self._made(case.argv)

    def _prepare(self, before: Path) -> Files:
        before.mkdir(parents=True)
        for name, text in self.case.files.items():
            (before / name).parent.mkdir(exist_ok=True)
            (before / name).write_text(text, "utf-8")
        for step in self.case.prepare:
            if callable(step):
                step(before)
            else:
                ran = self.machine.run(step, before)
                assert ran.code in DONE, ran.said
        return snapshot(before)

    def _made(self, argv: Sequence[str]) -> tuple[Files, Ran]:
        self._copy()
        ran = self.machine.run(argv, self.killed)
        assert ran.code in DONE, f"{self.name}: {ran.said}"
        return snapshot(self.killed), ran

    def points(self) -> range:
        """All of them, from 1."""
        return range(1, len(self.ran.points) + 1)

    def sample(self, count: int) -> list[int]:
        """Some of them, evenly, the first and the last among them."""
        most = len(self.ran.points) - 1
        return sorted({1 + most * number // max(count - 1, 1) for number in range(count)})

    def kill(self, at: int, how: str = "KILL") -> None:
        """Die there, look at what is left, give the command again, look at what it made."""
        first = self._die(at, how)
        if first.code in DONE:  # the signal came too late, or in another order of threads
            self._is_whole(first)
        elif self._is_new(first):
            self._resume([first])

    def kill_twice(self, at: int, share: float) -> None:
        """Die there, and again after that share of the points that are left."""
        first = self._die(at)
        second = self._run(max(1, int(share * (len(self.ran.points) - at))))
        self._check_rest(second)
        self._resume([first, second])

    def kill_and_change(self, at: int) -> None:
        """Die there, then ask for something else in its place: refused, or made as if nothing had been there."""
        first = self._die(at)
        left = snapshot(self.killed)
        changed = self.machine.run(self.case.other, self.killed)
        if changed.code in DONE:
            same = _but_databases(snapshot(self.killed)) == _but_databases(self._other)
            self._expect(same, first, "another command made a mixture")
            return
        refused = changed.code == REFUSED and "Traceback" not in changed.said
        self._expect(refused, first, f"another command was not refused: {changed.said}")
        same = _but_databases(snapshot(self.killed)) == _but_databases(left)
        self._expect(same, first, "a command that was refused changed something")
        self._resume([first])

    def jump(self) -> None:
        """All of it while the time of day jumps."""
        self._copy()
        ran = self.machine.run(self.case.argv, self.killed, clock=True)
        self._is_whole(ran)
        for path in self.killed.rglob("*.manifest.json"):
            seconds = json.loads(path.read_text("utf-8")).get("this_process", {}).get("seconds", 0)
            self._expect(0 <= seconds < 3600, ran, f"{path.name} says that it took {seconds} seconds")

    def power_cuts(self, log: Path, bill: Path) -> Iterator[Callable[[], None]]:
        """What goes on from all that the disk may hold after each call of the undisturbed run, as strace told it."""
        root, paid = self.killed, list[str]()
        disk, seen = Disk(root, self.folder / "before"), set[object]()
        for number, call in enumerate(calls(log, root, bill.parent)):
            if call.arguments[0] == str(bill):
                paid += _paid(call)
            elif str(call.arguments[0]).startswith(str(root)):
                disk.do(call)
            for how, files in disk.cuts():
                if (state := (tuple(files.items()), len(paid))) in seen:
                    continue
                seen.add(state)
                point = f"call {number}, {call.name} {Path(str(call.arguments[0])).name}, {how}"
                yield partial(self._cut, files, Ran(KILLED, "", [point], list(paid)))

    def _cut(self, files: dict[str, bytes | None], death: Ran) -> None:
        shutil.rmtree(self.killed, ignore_errors=True)
        restore(files, self.killed, self.killed)
        for path in (self.folder / "before").rglob("*"):
            if (there := self.killed / path.relative_to(self.folder / "before")).exists():
                shutil.copymode(path, there)
        self.kills += 1
        self._resume([death])

    def _copy(self) -> None:
        shutil.rmtree(self.killed, ignore_errors=True)
        shutil.copytree(self.folder / "before", self.killed)

    def _run(self, at: int = 0, how: str = "KILL") -> Ran:
        return self.machine.run(self.case.argv, self.killed, at, how)

    def _die(self, at: int, how: str = "KILL") -> Ran:
        self._copy()
        ran = self._run(at, how)
        self.kills += ran.code == KILLED
        self._check_rest(ran)
        return ran

    def _check_rest(self, ran: Ran) -> None:
        """What a death leaves under a final name is whole, and what was read is as it was."""
        ended = ran.code in (*DONE, KILLED, STOPPED) and "Traceback" not in ran.said
        self._expect(ended, ran, f"it ended with {ran.code}: {ran.said}")
        for name, made in self.whole.items():
            path = self.killed / name
            if path.is_file() and path.suffix not in GROWING:
                self._expect(content(path) in (made, self.before.get(name)), ran, f"{name} is half")
        for name in self._read:
            self._expect((self.killed / name).is_file(), ran, f"{name}, which is read, is gone")

    @property
    def _read(self) -> list[str]:
        """Files that the command leaves as they are."""
        return [name for name, said in self.before.items() if name[-1] != "/" and self.whole.get(name) == said]

    def _is_new(self, ran: Ran) -> bool:
        """Whether no death before has left just this: the same command does the same with the same."""
        state = repr((snapshot(self.killed), sorted(ran.asked)))
        new = state not in self._seen
        self._seen.add(state)
        return new

    def _resume(self, deaths: Sequence[Ran]) -> None:
        sources, replies = stored_in(self.killed)
        ran, last = self._run(), deaths[-1]
        self.resumed += 1
        self._expect(ran.code == self.ran.code, last, f"then it ended with {ran.code}: {ran.said}")
        self._is_whole(last)
        if self.case.shown:
            self._expect(ran.said.endswith(self.ran.said), last, f"then it said {ran.said}")
            if any(self.ran.said in death.said for death in deaths):  # a signal is told behind it
                return
        twice = sorted({text for text in ran.asked if text in sources})
        self._expect(not twice, last, f"then it asked again for what is stored: {twice}")
        left = len(self.ran.asked) - replies
        self._expect(len(ran.asked) <= left, last, f"then it asked {len(ran.asked)} times, {replies} being stored")
        again = sum((Counter(each.asked) for each in (*deaths, ran)), Counter[str]()) - Counter(self.ran.asked)
        most = self.case.in_flight * len(deaths)
        self._expect(again.total() <= most, last, f"{again.total()} were asked again, not {most}: {sorted(again)}")
        if self.case.also:
            self.case.also(self.killed, [text for each in (*deaths, ran) for text in each.asked])

    def _is_whole(self, ran: Ran) -> None:
        found = snapshot(self.killed)
        lost, more = sorted(self.whole.keys() - found.keys()), sorted(found.keys() - self.whole.keys())
        self._expect(not lost, ran, f"then {lost} were missing")
        self._expect(not more, ran, f"then {more} were left over")
        changed = [name for name in found if found[name] != self.whole[name]]
        self._expect(not changed, ran, f"then {changed} were different")

    @cached_property
    def _other(self) -> Files:
        return self._made(self.case.other)[0]

    def _expect(self, holds: bool, ran: Ran, what: str) -> None:
        assert holds, f"{self.name}, killed at {ran.place}: {what}"


def _paid(call: Call) -> list[str]:
    return [json.loads(line) for line in call.arguments[1].splitlines()] if call.name == "write" else []


def _but_databases(files: Files) -> Files:
    """A memory may know more, and a lock may be there."""
    return {
        name: made
        for name, made in files.items()
        if not name.endswith((".sqlite", ".sqlite-wal", ".sqlite-shm", "lock"))
    }
