"""
The whole command with a language model behind a server that answers with ROT13.

Sources are English, but pass for Buginese, and their cipher for Balinese: no identifier knows either of them.
"""

from __future__ import annotations

import json
import random
import socket
import time
from codecs import encode
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.contracts.engine import Engine
from babelset.engines.llm.replies import Replies
from babelset.engines.llm.request import Reply
from babelset.files.row import KEY
from babelset.translation.job import Job
from babelset.translation.run import translate
from babelset.work.watch import Watch
from tests.engines.llm.scripted_server import HANG, SERVER_ERROR, UNAUTHORIZED, Fault, ScriptedServer, error, rot13
from tests.rows import told

SECRET = "sk-secret-123"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROBES = ("Say yes.", "Name an animal", "Invent a name")
TOWER = "Unbabel/TowerInstruct-7B-v0.2"
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)


def run(server: ScriptedServer | str, folder: Path, *arguments: object, model: str = "rot13", code: int = 0) -> str:
    """What `babelset translate in.jsonl -o out.jsonl` says, both in the folder."""
    base_url = server if isinstance(server, str) else server.base_url
    command = ["translate", folder / "in.jsonl", "-o", folder / "out.jsonl", "--from", "bug", "--to", "ban", "-q"]
    command += ["--translator", "openai", "--base-url", base_url, "--model", model, "-O", "wait=0.001", *arguments]
    result = CliRunner().invoke(app, [str(argument) for argument in command])
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result.output


def rows(folder: Path, status: str = "") -> list[Row]:
    lines = (folder / f"out{status}.jsonl").read_text("utf-8").splitlines()
    return [told(json.loads(line)) for line in lines]


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out.manifest.json").read_text("utf-8"))
    return found


def asked(server: ScriptedServer) -> list[dict[str, Any]]:
    """The requests that were no probes."""
    return [body for body in server.bodies if not content(body).startswith(PROBES)]


def content(body: dict[str, Any]) -> str:
    text: str = body["messages"][-1]["content"]
    return text


def payload(body: dict[str, Any]) -> str:
    return content(body).rpartition("Translate:\n")[2]


def write(folder: Path, *sources: Row) -> list[Row]:
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in sources), "utf-8")
    return list(sources)


def stones(folder: Path, count: int = 12) -> list[Row]:
    return write(folder, *(alpaca(f"Name stone {number}.", f"Slate {number}.") for number in range(count)))


def alpaca(instruction: str, output: str) -> Row:
    return {"instruction": instruction, "input": "", "output": output}


def ciphered(row: Row) -> Row:
    return {name: encode(text, "rot13") for name, text in row.items()}


def fields(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != KEY}


def example(folder: Path, *ids: str) -> list[Row]:
    lines = map(json.loads, (EXAMPLES / "alpaca.jsonl").read_text("utf-8").splitlines())
    return write(folder, *(row for row in lines if not ids or row["id"] in ids))


def files_with(folder: Path, secret: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


def test_a_server_that_names_its_slots_is_asked_for_one_more_at_a_time(tmp_path: Path) -> None:
    stones(tmp_path, 12)
    with ScriptedServer(slots=2, latency=0.02) as server:
        run(server, tmp_path)
    assert server.peak in (3, 4) and len(rows(tmp_path)) == 12  # it may not know yet that one has its answer


def test_answers_that_came_too_late_are_told_with_advice(tmp_path: Path) -> None:
    stones(tmp_path, 2)
    with ScriptedServer(lambda body, number: HANG if number == 7 else None) as server:
        said = run(server, tmp_path, "-O", "timeout=2.5")
    assert "advice 1 requests got no answer within 2.5 s" in said and "concurrency=1" in said
    assert len(rows(tmp_path)) == 2


@pytest.mark.parametrize("most", [1, 4])
def test_no_more_is_asked_than_may_be_in_flight_until_replies_are_on_disk(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the disk is: what a kill can lose at any moment is what was in flight."""
    rows = [{"instruction": f"Describe river {number}.", "input": "", "output": "It is cold."} for number in range(30)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    put, durable, lost = Replies.put, [0], [0]

    def slow(self: Replies, items: Iterable[tuple[bytes, Reply]]) -> None:
        kept = [*items]
        time.sleep(0.02)
        put(self, kept)
        durable[0] += len(kept)

    def script(body: dict[str, Any], number: int) -> None:
        if "Translate:\n" in body["messages"][-1]["content"]:
            asked[0] += 1
            lost.append(asked[0] - durable[0])

    asked = [0]
    monkeypatch.setattr(Replies, "put", slow)
    with ScriptedServer(script) as server:
        run(server, tmp_path, "-O", f"concurrency={most}", "-O", "recheck=0")
    assert asked[0] == durable[0] >= 30 and max(lost) == most


def test_segments_are_shown_as_answers_come(tmp_path: Path) -> None:
    stones(tmp_path, 6)
    told: list[int] = []
    with ScriptedServer(latency=0.01) as server:
        options = {"model": "rot13", "base_url": server.base_url, "concurrency": 1}
        job = Job(
            inputs=(str(tmp_path / "in.jsonl"),), output=str(tmp_path / "out.jsonl"), source="bug", target="ban",
            translator=Engine(name="openai", options=options),
        )  # fmt: skip
        translate(job, Watch(segments=told.append))
    assert [count for count in told if count] == [2] * 6, "two segments a row, one request a row"


def test_every_example_comes_through_with_all_that_is_kept(tmp_path: Path) -> None:
    sources = {row["id"]: row for row in example(tmp_path)}
    prices = tmp_path / "prices.toml"
    prices.write_text('currency = "EUR"\n[models.rot13]\ninput = 1\noutput = 2\n')
    with ScriptedServer(key=SECRET) as server:
        said = run(server, tmp_path, "-O", f"prices={prices}")
    found = rows(tmp_path) + rows(tmp_path, ".rejected")
    assert sorted(row["id"] for row in found) == sorted(sources)
    assert len(rows(tmp_path)) >= 20
    for row in found:
        assert all(verdict["ok"] for verdict in row[KEY]["verdicts"] if verdict["check"] in ("preserved", "complete"))
        plain = [part for part in row[KEY]["segments"] if not part["keeps"]]
        assert all(part["target"] == encode(part["source"], "rot13") for part in plain)
    code = next(row["output"] for row in found if row["id"] == "python-1")
    assert sources["python-1"]["output"].split("```")[1] in code
    requests = asked(server)
    engine = manifest(tmp_path)["engine"]
    assert (engine["requests"], engine["retries"]) == (len(requests), 0)
    assert engine["cost"] == pytest.approx((engine["prompt_tokens"] + 2 * engine["completion_tokens"]) / 1e6)
    assert engine["cost"] > 0 and engine["currency"] == "EUR"
    assert engine["server"]["served_by"] == "rot13" and engine["server"]["schema"] is True
    assert all(body["response_format"]["type"] == "json_schema" for body in requests)
    assert f"requests {len(requests)}" in said and "currency EUR" in said
    assert not (tmp_path / "out.work").exists()
    assert set(server.keys) == {f"Bearer {SECRET}"}
    assert SECRET not in said and files_with(tmp_path, SECRET) == []


def closed() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


WRONG: list[tuple[str, dict[str, Any], list[str], str]] = [
    # what is wrong, the server, further arguments, what the user is told
    ("another model", {"models": ["rot13-large"]}, [], "no model 'rot13' but 'rot13-large'. Did you mean"),
    ("no model", {}, ["--model", ""], "needs a model: --model ID"),
    ("another key", {"key": "sk-other"}, [], "the key in OPENAI_API_KEY is not accepted"),
    ("a server that repeats the key", {"models": error(401, f"Incorrect key: {SECRET}")}, [], "OPENAI_API_KEY is not accepted"),
    ("no server", {}, ["--base-url", closed()], "Is the server running, and --base-url right?"),
    ("no address", {}, ["--base-url", "127.0.0.1:8000"], "--base-url: not an address"),
    ("a password", {}, ["--base-url", f"http://me:{SECRET}@127.0.0.1:9/v1"], "a key goes into OPENAI_API_KEY"),
    ("no chat server", {"script": lambda body, number: error(404, "no such path")}, [], "which mostly ends in /v1"),
    ("cost without prices", {}, ["-O", "max_cost=1"], "add a price file"),
    ("no price file", {}, ["-O", "prices=gone.toml"], "gone.toml: cannot be read"),
    ("no prompt", {}, ["--prompt", "segmants"], "Did you mean 'segments'?"),
    ("no glossary", {}, ["--glossary", "gone.csv"], "gone.csv"),
    ("no examples", {}, ["-O", "few_shot=gone.csv"], "gone.csv"),
    ("an option of no translator", {}, ["-O", "temprature=1"], "temprature: unknown option"),
    ("a value that cannot be", {}, ["-O", "formality=rude"], "formality"),
]  # fmt: skip


@pytest.mark.parametrize(("server", "arguments", "told"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_cannot_work_is_said_before_a_row_is_translated(
    server: dict[str, Any], arguments: list[str], told: str, tmp_path: Path
) -> None:
    stones(tmp_path)
    with ScriptedServer(**server) as running:
        said = run(running, tmp_path, "--chunk", 2, *arguments, code=6 if "Is the server running" in told else 2)
    assert told in said
    assert said.startswith("babelset: ") and said.count("\n") == 1
    assert SECRET not in said and files_with(tmp_path, SECRET) == []
    assert not [body for body in asked(running) if "script" not in server]
    assert not list(tmp_path.glob("out.work/chunk-*")) and not (tmp_path / "out.jsonl").exists()


class Faulty:
    """A script that fails on every third request, and writes down what it answered."""

    def __init__(self, fault: Fault | None) -> None:
        self.fault, self.answered = fault, Counter[str]()

    def __call__(self, body: dict[str, Any], number: int) -> Fault | None:
        if content(body).startswith(PROBES):
            return None
        if self.fault and number % 3 == 0:
            return self.fault
        self.answered[json.dumps(body, sort_keys=True)] += 1
        return None


@pytest.mark.parametrize("fault", [None, SERVER_ERROR, error(429, "slowly")], ids=["", "500", "429"])
def test_no_more_requests_than_allowed_and_none_twice(fault: Fault | None, tmp_path: Path) -> None:
    stones(tmp_path)
    script = Faulty(fault)
    with ScriptedServer(script, latency=0.005) as server:
        for limit in (5, 5, 9):
            said = run(server, tmp_path, "--chunk", 2, "-O", f"max_requests={limit}", code=6)
            assert f"max_requests {limit} is reached" in said and "goes on where this one stopped" in said
            assert len(asked(server)) == limit
        run(server, tmp_path, "--chunk", 2, "-O", "max_requests=100")
    assert len(script.answered) == 12 and set(script.answered.values()) == {1}
    engine = manifest(tmp_path)["engine"]
    assert engine["requests"] == len(asked(server))
    assert len(rows(tmp_path)) == 12


def test_no_more_is_spent_than_allowed(tmp_path: Path) -> None:
    stones(tmp_path)
    prices = tmp_path / "prices.toml"
    prices.write_text('currency = "EUR"\n[models.rot13]\ninput = 1\noutput = 2\n')
    usage = Fault(changes={"usage": {"prompt_tokens": 1000, "completion_tokens": 500}})  # 0.002 EUR
    with ScriptedServer(lambda body, number: usage) as server:
        for _ in range(2):
            assert "max_cost 0.02 is reached" in run(
                server, tmp_path, "-O", f"prices={prices}", "-O", "max_cost=0.02", code=6
            )
            assert 1 <= len(asked(server)) <= 10
        first = len(asked(server))
        run(server, tmp_path, "-O", f"prices={prices}", "-O", "max_cost=1")
    assert first < len(asked(server)) == 12
    assert manifest(tmp_path)["engine"]["cost"] == 0.024


def test_a_limit_of_none_at_all_asks_nothing(tmp_path: Path) -> None:
    stones(tmp_path)
    with ScriptedServer() as server:
        run(server, tmp_path, "-O", "max_requests=0", code=6)
    assert asked(server) == []


def test_what_is_in_flight_when_the_limit_is_met_is_kept(tmp_path: Path) -> None:
    """The requests of one row go out together; the one that is too many is refused while the others are answered."""
    write(tmp_path, BRIDGE)
    with ScriptedServer(drawn, supports_n=False, latency=0.1) as server:
        run(server, tmp_path, "-O", "candidates=3", "-O", "recheck=0", "-O", "max_requests=2", code=6)
        run(server, tmp_path, "-O", "candidates=3", "-O", "recheck=0", "-O", "max_requests=3")
    assert len(asked(server)) == 3


ENDS: list[tuple[str, Fault | None, list[object], str]] = [
    ("the limit", None, ["-O", "max_requests=10"], "max_requests 10 is reached"),
    ("a key that ran out", UNAUTHORIZED, [], "the key in OPENAI_API_KEY is not accepted"),
]


@pytest.mark.parametrize(("fault", "arguments", "told"), [case[1:] for case in ENDS], ids=[case[0] for case in ENDS])
def test_the_reason_is_told_whichever_row_met_it(
    fault: Fault | None, arguments: list[object], told: str, tmp_path: Path
) -> None:
    """Four rows are talked about in turn, each in a thread; the run ends in a later one than the first."""
    stones(tmp_path)

    def script(body: dict[str, Any], number: int) -> Fault | str | None:
        return "no" if "stone 0" in content(body) or number < 17 else fault or "no"

    with ScriptedServer(script, latency=0.05) as server:
        assert told in run(
            server, tmp_path, "--chunk", 1, "-O", "retries=9", *arguments, code=2 if "key" in told else 6
        )


def test_a_row_that_the_server_refuses_is_rejected_with_its_words(tmp_path: Path) -> None:
    stones(tmp_path, 4)

    def script(body: dict[str, Any], number: int) -> Fault | None:
        return error(400, f"content policy, {SECRET}") if "Slate 2" in content(body) else None

    with ScriptedServer(script) as server:
        run(server, tmp_path)
    assert len(rows(tmp_path)) == 3
    [row] = rows(tmp_path, ".rejected")
    assert {part["reason"] for part in row[KEY]["segments"]} == {
        "the model's answer was not given: HTTP 400: 'content policy, ***'"
    }
    assert files_with(tmp_path, SECRET) == []


def test_a_server_that_can_little_is_asked_for_little(tmp_path: Path) -> None:
    sources = stones(tmp_path, 4)
    with ScriptedServer(rejects=["response_format", "n", "seed", "chat_template_kwargs"]) as server:
        run(server, tmp_path, "-O", "candidates=3", "-O", "recheck=0")
    requests = asked(server)
    assert len(requests) == 12
    assert {name for body in requests for name in body} == {"model", "messages", "max_tokens", "temperature"}
    assert [fields(row) for row in rows(tmp_path)] == [ciphered(row) for row in sources]
    can = manifest(tmp_path)["engine"]["server"]
    assert not any(can[name] for name in ("schema", "choices", "seed", "thinking_switch"))


BRIDGE = alpaca("Where is the old bridge?", "The old bridge stands behind the mill.")
DRAWN = ("Gur oynpx ubefr eha.", "Gur byq oevqtr fgnaqf oruvaq gur zvyy.", "Na byq oevqtr fgnaqf oruvaq gur zvyy.")


def drawn(body: dict[str, Any], number: int) -> Fault | str | None:
    """Three hypotheses for the answer, where the sampling is the client's to spread over requests or the server's."""
    if content(body).startswith(PROBES):
        return None
    answers = [json.dumps({**json.loads(rot13(payload(body))), "2": text}) for text in DRAWN]
    if body.get("n") == 3:
        return Fault(changes={"choices": [{"message": {"content": text}, "finish_reason": "stop"} for text in answers]})
    return answers[body["seed"] // 1000]


@pytest.mark.parametrize(("supports_n", "requests"), [(True, 1), (False, 3)])
def test_of_several_candidates_the_one_the_others_agree_with_is_kept(
    supports_n: bool, requests: int, tmp_path: Path
) -> None:
    write(tmp_path, BRIDGE)
    with ScriptedServer(drawn, supports_n=supports_n) as server:
        run(server, tmp_path, "-O", "candidates=3", "-O", "recheck=0")
    assert len(asked(server)) == requests == manifest(tmp_path)["engine"]["requests"]
    [row] = rows(tmp_path)
    assert row["output"] == DRAWN[1]
    scores = dict(row[KEY]["segments"][1]["candidates"])
    assert set(scores) == set(DRAWN) and max(scores, key=lambda text: scores[text]) == DRAWN[1]


def test_terms_and_examples_are_in_the_requests_and_terms_in_the_report(tmp_path: Path) -> None:
    stones(tmp_path, 3)
    (tmp_path / "terms.csv").write_text("source,target\nstone,fgbar\nslate,yybfn\n")
    (tmp_path / "examples.csv").write_text("source,target\nName the stone.,Anzr gur fgbar.\nA cloud.,N pybhq.\n")
    arguments = ["--glossary", tmp_path / "terms.csv", "-O", f"few_shot={tmp_path / 'examples.csv'}", "-O", "shots=1"]
    with ScriptedServer() as server:
        run(server, tmp_path, *arguments)
    first = content(asked(server)[0])
    assert 'Terms: [["stone","fgbar"],["slate","yybfn"]]' in first
    assert 'Examples: [["Name the stone.","Anzr gur fgbar."]]' in first
    assert any('TERM"' in content(body) for body in asked(server))
    assert manifest(tmp_path)["counts"]["terms"] == {"stone: used": 3, "slate: missing": 3}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-O", "formality=formal"], "Address the reader formally throughout"),
        (["-O", "formality=informal"], "Address the reader informally throughout"),
        (["-O", "numbers=convert"], "Write numbers, dates and times the way Balinese does"),
        ([], "Keep the register of the original"),
    ],
)
def test_the_manner_is_in_the_instructions(arguments: list[str], told: str, tmp_path: Path) -> None:
    stones(tmp_path, 1)
    with ScriptedServer() as server:
        run(server, tmp_path, *arguments)
    assert all(told in body["messages"][0]["content"] for body in asked(server))


def test_documents_are_sent_whole_but_for_their_code(tmp_path: Path) -> None:
    sources = example(tmp_path, "prose-2", "python-1", "table-1", "shell-1")
    with ScriptedServer() as server:
        run(server, tmp_path, "--prompt", "document")
    requests = [content(body) for body in asked(server)]
    assert len(requests) == sum(bool(row[name]) for row in sources for name in ("instruction", "input", "output"))
    assert any("Hi Laura,\n\nI hope you are having a good evening. Could you" in text for text in requests)
    assert not any(code in text for text in requests for code in ("def longest_word", "-exec ls", "|---"))
    found = {row["id"]: row for row in rows(tmp_path) + rows(tmp_path, ".rejected")}
    for source in sources:
        row = found[source["id"]]
        assert [row[name].count("\n") for name in ("instruction", "output")] == [
            source[name].count("\n") for name in ("instruction", "output")
        ]
        assert all(verdict["ok"] for verdict in row[KEY]["verdicts"] if verdict["check"] == "preserved")
    assert found["prose-2"]["output"] == encode(sources[0]["output"], "rot13")


def tower(body: dict[str, Any], number: int) -> str | None:
    head, _, rest = content(body).partition("\nBuginese: ")
    if head != "Translate the following text from Buginese into Balinese.":
        return None
    return encode(rest.removesuffix("\nBalinese:"), "rot13")


def test_a_translation_model_is_asked_in_the_words_it_knows(tmp_path: Path) -> None:
    sources = stones(tmp_path, 2)
    with ScriptedServer(tower, models=[TOWER]) as server:
        run(server, tmp_path, model=TOWER)
    assert [fields(row) for row in rows(tmp_path)] == [ciphered(row) for row in sources]
    assert {len(body["messages"]) for body in asked(server)} == {1}
    assert not any("response_format" in body for body in asked(server))
    assert any(content(body).endswith("\nBuginese: Name stone 0.\nBalinese:") for body in asked(server))
    assert "|prompt:tower@" in manifest(tmp_path)["signature"]


def test_the_same_text_in_rows_that_are_in_flight_is_asked_for_once(tmp_path: Path) -> None:
    write(tmp_path, *(alpaca("Name a stone.", f"Slate {number}.") for number in range(8)))
    with ScriptedServer(tower, models=[TOWER], latency=0.1) as server:
        run(server, tmp_path, "--chunk", 2, model=TOWER)
    assert server.peak > 2
    assert set(Counter(map(content, asked(server))).values()) == {1}
    assert len(rows(tmp_path)) == 8


def test_without_a_key_none_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    stones(tmp_path, 1)
    with ScriptedServer() as server:
        run(server, tmp_path)
    assert SECRET not in "".join(server.keys)


@pytest.mark.parametrize("how", ["shift", "none"])
def test_answers_under_their_neighbours_numbers_are_asked_apart(how: str, tmp_path: Path) -> None:
    draw = random.Random(4)
    nouns, deeds = ["river", "window", "farmer", "garden", "letter", "village"], ["crosses", "hides", "sells", "paints"]
    sources = write(
        tmp_path,
        *(
            {
                "instruction": f"Describe how the {draw.choice(nouns)} {draw.choice(deeds)} the {draw.choice(nouns)} today.",
                "input": "",
                "output": " ".join(
                    f"The {draw.choice(nouns)} {deed} the {draw.choice(nouns)} twice." for deed in deeds
                ),
            }
            for _ in range(12)
        ),
    )

    def script(body: dict[str, Any], number: int) -> str | None:
        asked = json.loads(content(body).rpartition("Translate:\n")[2]) if '{"1"' in content(body) else {}
        said = [rot13(text) for text in asked.values()]
        moved = said[1:] + said[:1] if how == "shift" else said
        return json.dumps({str(at): text for at, text in enumerate(moved, 1)}) if said else None

    with ScriptedServer(script) as server:
        run(server, tmp_path)
    assert all(rot13(row["output"]) == source["output"] for row, source in zip(rows(tmp_path), sources, strict=True))
    found = manifest(tmp_path)["engine"]["guard"]
    assert found["packed"] == 12 and found["rechecked"] >= 4
    assert found["shifts"] == (found["rechecked"] if how == "shift" else 0)
