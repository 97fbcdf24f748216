"""What all services that are paid by the character promise, tried with their real clients."""

from __future__ import annotations

import json
import logging
import os
import threading
from importlib import import_module
from importlib.util import find_spec

import pytest

from babelset.contracts.translator import Failure, Translation
from babelset.engines.paid.budget import Spent
from babelset.engines.paid.service import Paid
from babelset.errors import ConfigError, EngineError, Stopped
from babelset.languages import Pair, find
from babelset.text.placeholders import Lost, mask
from babelset.text.segment import Segment
from babelset.translation.ladder import Ladder
from babelset.work.memory import Memory
from tests.engines.paid.fakes import Fault, error, serving

pytestmark = pytest.mark.engine

PAIR = Pair(find("en"), find("es"))
SECRET = "SECRETkey0123456789abcdef"
CLASSES = {"deepl": "DeepL", "google": "Google", "azure": "Azure", "aws": "AWS"}
OPTIONS = {"aws": {"region": "eu-west-1"}, "google": {"project": "p"}}
KEPT = Segment("Run \ue000 & <go>, (\ue001).", ("`ls`", "$x$"), ("inline_code", "math"))


def made(name, fake, **options) -> Paid:
    translator = getattr(import_module(f"babelset.translators.{name}"), CLASSES[name])
    return translator(base_url=fake.url, **{"wait": 0.01, "timeout": 5, **OPTIONS.get(name, {}), **options})


def texts_of(answers):
    return [answer.text if isinstance(answer, Translation) else answer for answer in answers]


def segments(*texts):
    return [Segment(text) for text in texts]


@pytest.fixture(scope="session")
def google_key(tmp_path_factory):
    """A key file as Google gives them, which signs by itself: no server is asked for a token."""
    pytest.importorskip("google.cloud.translate_v3")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    pem = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path_factory.mktemp("google") / "key.json"
    account = {"type": "service_account", "project_id": "of-the-key", "private_key": pem.decode()}
    account |= {"client_email": "a@b.iam", "token_uri": "http://127.0.0.1:9/none", "private_key_id": "1"}
    file.write_text(json.dumps(account))
    return file


@pytest.fixture(params=list(CLASSES))
def name(request, monkeypatch):
    service = getattr(import_module(f"babelset.translators.{request.param}"), CLASSES[request.param])
    try:
        there = find_spec(service.client)
    except ModuleNotFoundError:
        there = None
    if there is None:
        pytest.skip(f"{service.client} is not installed")
    for variable in service.variables:
        monkeypatch.setenv(variable, SECRET)
    if request.param == "google":
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(request.getfixturevalue("google_key")))
    return request.param


@pytest.fixture
def fake(name):
    with serving(name) as fake:
        yield fake


def test_texts_are_translated_in_order(name, fake):
    translator = made(name, fake)
    texts = [f"text {number} \"quoted\" 'x' <b> &amp; & é 世" for number in range(60)]
    got = texts_of(translator.translate(segments(*texts), PAIR))
    assert [answer.casefold() for answer in got] == [text.casefold() for text in texts]
    assert all(len(request) <= translator.most_texts for request in fake.requests)
    translator.close()


def test_equal_texts_are_paid_for_once(name, fake):
    translator = made(name, fake)
    assert texts_of(translator.translate(segments("a", "b", "a"), PAIR)) == ["A", "B", "A"]
    assert sorted(text for request in fake.requests for text in request) == ["a", "b"]
    translator.close()


def test_requests_keep_within_the_documented_size(name, fake):
    translator = made(name, fake, concurrency=1)
    long = ["世" * 1900 + chr(0x4E00 + number) for number in range(60)]
    translator.translate(segments(*long), PAIR)
    assert all(sum(map(translator.size, request)) <= translator.most_size for request in fake.requests)
    if name == "deepl":
        assert max(len(json.dumps(body)) for body in fake.bodies) < 128 * 1024
    [answer] = translator.translate(segments("é" * translator.most_size + "é"), PAIR)
    assert answer.too_long
    translator.close()


@pytest.mark.parametrize("scheme", ["xml", "brackets", "letters"])
def test_placeholders_come_back(name, fake, scheme):
    masked = mask(KEPT, scheme)
    translator = made(name, fake)
    [answer] = translator.translate([Segment(masked.text, KEPT.keeps, KEPT.kinds)], PAIR)
    assert masked.unmask(answer.text) == "RUN \ue000 & <GO>, (\ue001)."
    translator.close()


DAMAGES = {
    "spaces": (lambda text: text.replace("</", " </").replace(">1<", "> 1<"), True),
    "space before the comma": (lambda text: text.replace("</x>,", "</x> ,").replace("</span>,", "</span> ,"), True),
    "one is lost": (lambda text: text.replace(">1<", "><"), False),
    "a closing tag is lost": (lambda text: text.replace("</x>", "", 1).replace("</span>", "", 1), False),
    "a tag too many": (lambda text: text + "</x></span>", False),
    "doubled": (lambda text: text + text, False),
    "renumbered": (lambda text: text.replace(">1<", ">7<"), False),
    "escaped": (lambda text: text.replace("<", "&lt;").replace(">", "&gt;"), False),
    "all gone": (lambda text: "", False),
}


@pytest.mark.parametrize("damage, whole", DAMAGES.values(), ids=DAMAGES)
def test_damaged_placeholders_are_found(name, fake, damage, whole):
    masked = mask(KEPT, "xml")
    fake.damage = damage
    translator = made(name, fake)
    [answer] = translator.translate([Segment(masked.text, KEPT.keeps, KEPT.kinds)], PAIR)
    if whole:
        assert masked.unmask(answer.text) == "RUN \ue000 & <GO>, (\ue001)."
    else:
        with pytest.raises(Lost):
            masked.unmask(answer.text)
    translator.close()


def test_the_ladder_goes_on_with_another_scheme(name, fake):
    fake.damage = lambda text: text.replace(">1<", "><")  # only markup is damaged
    ladder = Ladder(made(name, fake), Memory(":memory:"))
    [answer] = ladder.translate([KEPT], PAIR)
    assert (answer.text, answer.flags) == ("RUN \ue000 & <GO>, (\ue001).", ("retried",))
    ladder.translator.close()


PASSING = {
    "429": lambda name: error(name, 429, "slow down"),
    "500": lambda name: error(name, 500, "oops"),
    "503": lambda name: error(name, 503, "oops"),
    "cut": lambda name: Fault(0),
    "no JSON": lambda name: Fault(200, b"<html>"),
    "half": lambda name: Fault(200, b'{"translations": [{"text": "a'),
    "another shape": lambda name: Fault(200, {"hello": "world"}),
    "a list": lambda name: Fault(200, []),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_passes_is_tried_again(name, fake, fault):
    fake.faults.extend([fault(name), fault(name)])
    translator = made(name, fake)
    assert texts_of(translator.translate(segments("hello"), PAIR)) == ["HELLO"]
    assert [len(fake.requests), translator.account()["requests"], translator.account()["retries"]] == [3, 3, 2]
    translator.close()


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_does_not_pass_in_time_ends_the_run(name, fake, fault):
    fake.faults.extend([fault(name)] * 3)
    translator = made(name, fake, attempts=3)
    with pytest.raises(EngineError, match=f"{name} does not answer .3 attempts"):
        translator.translate(segments("hello"), PAIR)
    assert len(fake.requests) == 3  # the client makes none of its own
    translator.close()


@pytest.mark.parametrize("fault, charged", [("429", 0), ("500", 0), ("cut", 5), ("no JSON", 5)])
def test_failed_requests_count_where_they_may_be_charged(name, fake, fault, charged):
    fake.faults.append(PASSING[fault](name))
    translator = made(name, fake)
    translator.translate(segments("hello"), PAIR)
    assert translator.account()["characters"] == 5 + charged
    translator.close()


def test_retry_after_is_obeyed(name, fake, monkeypatch):
    waits = []
    translator = made(name, fake)
    monkeypatch.setattr(translator._halted, "wait", waits.append)
    fake.faults.extend(
        [error(name, 429, "slow", {"Retry-After": "7"}), error(name, 503, "slow", {"Retry-After": "-1"})]
    )
    translator.translate(segments("hello"), PAIR)
    assert waits == [7.0, 0.02]
    translator.close()


FATAL = [(401, "KEYS"), (403, "KEYS"), (404, "glossary"), (405, "glossary"), (302, "another place")]


@pytest.mark.parametrize("status, hint", FATAL)
def test_what_never_passes_ends_the_run_at_once(name, fake, status, hint):
    translator = made(name, fake)
    secret = os.environ[translator.variables[-1]]
    part = secret if name == "google" else secret[:12]  # Google's is the path of a file
    fake.faults.extend([error(name, status, f"no such thing as {secret} or {part}", {"Location": "/x"})] * 9)
    with pytest.raises(ConfigError, match=translator.variables[0] if hint == "KEYS" else hint) as caught:
        translator.translate(segments("hello", "world"), PAIR)
    assert "no such thing" in str(caught.value) or status == 302
    assert part not in str(caught.value)
    assert len(fake.requests) <= 2  # in flight at the same time
    translator.close()


def test_a_text_that_is_refused_fails_alone(name, fake):
    bad = error(name, 400, "I do not like this")
    fake.refuses = lambda texts: bad if any("bad" in text for text in texts) else None
    translator = made(name, fake)
    answers = translator.translate(segments(*(f"good {n}" for n in range(7)), "bad"), PAIR)
    assert texts_of(answers[:7]) == [f"GOOD {n}" for n in range(7)]
    assert isinstance(answers[7], Failure)
    assert "I do not like this" in answers[7].reason
    translator.close()


def test_where_all_is_refused_the_options_are_wrong(name, fake):
    fake.refuses = lambda texts: error(name, 400, "no such model")
    translator = made(name, fake)
    with pytest.raises(ConfigError, match=r"no such model.*look at the options"):
        translator.translate(segments("a", "b", "c"), PAIR)
    translator.close()


def test_too_long_is_said(name, fake):
    fake.refuses = lambda texts: error(name, 413, "large")
    translator = made(name, fake)
    answers = translator.translate(segments("hello", "world"), PAIR)
    assert [answer.too_long for answer in answers] == [True, True]
    translator.close()


def test_characters_are_counted_before_they_are_sent(name, fake):
    translator = made(name, fake, max_characters=10, concurrency=1)
    translator.translate(segments("12345678"), PAIR)
    with pytest.raises(Spent, match=r"max_characters 10 is reached \(characters sent: 8; the next request has 3\)"):
        translator.translate(segments("abc"), PAIR)
    assert len(fake.requests) == 1
    assert texts_of(translator.translate(segments("xy", "12345678"), PAIR)) == ["XY", "12345678"]
    translator.close()


def test_money_is_counted_by_the_price_list(name, fake, tmp_path):
    prices = tmp_path / "prices.toml"
    prices.write_text(f'currency = "EUR"\n[characters]\n{name} = 20.0\n')
    translator = made(name, fake, max_cost=0.0002, prices=str(prices))
    translator.translate(segments("12345678"), PAIR)
    account = {"characters": 8, "requests": 1, "retries": 0, "cost": 0.00016, "currency": "EUR"}
    assert translator.account() == account
    with pytest.raises(Spent, match=r"max_cost 0.0002 is reached .*EUR"):
        translator.translate(segments("abc"), PAIR)
    translator.close()


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "currency"),
        ('currency = "EUR"\n[characters]\nother = 1', "no price"),
        ('currency = "EUR"\n[characters]\nNAME = -1', "no price"),
        ('currency = "EUR"\n[characters]\nNAME = nan', "no price"),
        ("=", "TOML"),
    ],
)
def test_a_wrong_price_list_is_said_at_once(name, fake, tmp_path, text, said):
    prices = tmp_path / "prices.toml"
    prices.write_text(text.replace("NAME", name))
    with pytest.raises(ConfigError, match=said):
        made(name, fake, prices=str(prices))


def test_a_limit_of_cost_needs_prices(name, fake):
    with pytest.raises(ConfigError, match="price file"):
        made(name, fake, max_cost=1)


def test_what_was_paid_for_outlives_the_process(name, fake, tmp_path):
    first = made(name, fake, concurrency=1, max_characters=40)
    first.keep_replies(tmp_path)
    first.translate(segments("hello"), PAIR)
    with pytest.raises(Spent):
        first.translate(segments(*("x" * size for size in range(1, 40))), PAIR)
    answered = first.account()["characters"]
    sent = len(fake.requests)
    second = made(name, fake, max_characters=40)  # the first was killed: nothing closed it
    second.keep_replies(tmp_path)
    assert second.account()["characters"] == answered
    assert texts_of(second.translate(segments("hello"), PAIR)) == ["HELLO"]
    assert len(fake.requests) == sent
    with pytest.raises(Spent):
        second.translate(segments("y" * 40), PAIR)
    first.close()
    second.close()


def test_answers_beside_a_fatal_error_are_kept(name, fake, tmp_path):
    translator = made(name, fake, concurrency=1)
    translator.keep_replies(tmp_path)
    texts = [f"{number:03}" for number in range(translator.most_texts * 3)]
    fake.refuses = lambda some: error(name, 403, "no") if len(fake.requests) == 2 else None
    with pytest.raises(ConfigError):
        translator.translate(segments(*texts), PAIR)
    assert len(fake.requests) == 2
    translator.translate(segments(*texts), PAIR)
    assert fake.requests.count(fake.requests[0]) == 1
    translator.close()


def test_a_halt_sends_nothing_more(name, fake):
    translator = made(name, fake, wait=60)
    fake.faults.extend([error(name, 429, "slow")] * 9)
    threading.Timer(0.3, translator.halt).start()
    with pytest.raises(Stopped):  # although it waits for a minute
        translator.translate(segments("hello"), PAIR)
    assert len(fake.requests) == 1
    translator.close()


def test_the_key_is_nowhere(name, fake, tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        translator = made(name, fake)
        translator.keep_replies(tmp_path)
        translator.translate(segments("hello"), PAIR)
    known = [translator.signature, repr(translator), json.dumps(translator.account()), caplog.text]
    files = [file.read_bytes().decode("latin-1") for file in tmp_path.iterdir()]
    assert not [text for text in known + files if SECRET in text or "PRIVATE KEY" in text]
    translator.close()


def test_without_a_key_it_says_which(name, fake, monkeypatch):
    translator = made(name, fake)
    monkeypatch.delenv(translator.variables[0])
    with pytest.raises(ConfigError, match=f"set {translator.variables[0]}"):
        translator.translate(segments("hello"), PAIR)
    [finding] = type(translator).diagnose()
    assert (finding.ok, translator.variables[0] in finding.cure) == (False, True)
    translator.close()


@pytest.mark.parametrize(
    "url", ["ftp://x", "http://user:pass@127.0.0.1", "http://example.org", "http://", "x", "http://[::1"]
)
def test_addresses_that_cannot_be_one(name, fake, url):
    with pytest.raises(ConfigError, match="base_url"):
        made(name, type("Place", (), {"url": url}))


def test_nothing_listens(name, fake):
    closed = type("Place", (), {"url": "http://127.0.0.1:9"})
    translator = made(name, closed, attempts=2)
    with pytest.raises(EngineError, match="cannot be reached"):
        translator.translate(segments("hello"), PAIR)
    assert translator.account()["characters"] == 0
    translator.close()


@pytest.mark.parametrize("text", ["", "  ", "\ud800"])
def test_what_cannot_be_sent_is_not_paid_for(name, fake, text):
    translator = made(name, fake)
    [bad, good] = translator.translate(segments(text, "ok"), PAIR)
    assert isinstance(bad, Failure)
    assert good.text == "OK"
    assert fake.requests == [["ok"]]
    translator.close()


@pytest.mark.parametrize(
    "source, target, able",
    [
        ("en", "es", True),
        ("ca", "en", True),
        ("en", "pt-BR", True),
        ("en", "pt-PT", True),
        ("en", "zho_Hant", True),
        ("en", "en", False),
        ("en", "taq_Tfng", False),
        ("kea_Latn", "en", False),
    ],
)
def test_it_says_which_pairs_it_has(name, fake, source, target, able):
    translator = made(name, fake)
    able = able and (name, source) != ("deepl", "ca")
    assert translator.supports(Pair(find(source), find(target))) is able
    translator.close()


def test_what_decides_answers_is_in_the_signature(name, fake):
    option = {"azure": "deployment"}.get(name, "glossary")
    plain, other, slow = (
        made(name, fake),
        made(name, fake, **{option: "abc"}),
        made(name, fake, timeout=9, concurrency=2),
    )
    assert plain.signature == slow.signature != other.signature
    assert f"{option}:abc" in other.signature
    assert plain.license is None
    assert "paid" in plain.notice
    for translator in (plain, other, slow):
        translator.close()


WIRE = {  # with a glossary: what goes over the wire, beside the texts
    "deepl": {
        "target_lang": "PT-BR", "source_lang": "EN", "glossary_id": "abc", "tag_handling": "xml", "ignore_tags": ["x"],
        "split_sentences": "0", "outline_detection": False, "preserve_formatting": True,
    },
    "google": {
        "mimeType": "text/html", "sourceLanguageCode": "en", "targetLanguageCode": "pt-BR",
        "glossaryConfig": {"glossary": "projects/p/locations/global/glossaries/abc"},
    },
    "azure": {},
    "aws": {"SourceLanguageCode": "en", "TargetLanguageCode": "pt", "TerminologyNames": ["abc"]},
}  # fmt: skip


def test_the_wire(name, fake):
    option = {"azure": "deployment"}.get(name, "glossary")
    translator = made(name, fake, **{option: "abc"})
    [answer] = translator.translate(segments("hello"), Pair(find("en"), find("pt-BR")))
    assert answer.text == ("HELLO!" if name == "google" else "HELLO")
    [body] = fake.bodies
    assert body | WIRE[name] == body
    if name == "azure":
        target = {"language": "pt", "deploymentName": "abc"}
        assert body == {"inputs": [{"text": "hello", "textType": "Html", "language": "en", "targets": [target]}]}
    translator.close()


QUOTAS = {
    "deepl": Fault(456, {"message": "Quota exceeded"}),
    "azure": Fault(403, {"error": {"code": 403001, "message": "Quota exceeded: free quota used up"}}),
}


def test_an_account_that_is_used_up_is_no_wrong_key(name, fake):
    if name not in QUOTAS:
        pytest.skip("this service has no sign of it but 429")
    fake.faults.append(QUOTAS[name])
    translator = made(name, fake)
    with pytest.raises(EngineError, match=r"nothing is left of the account.*Quota exceeded"):
        translator.translate(segments("hello"), PAIR)
    assert translator.account()["characters"] == 0
    translator.close()
