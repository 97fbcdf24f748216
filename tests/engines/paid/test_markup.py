import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.engines.paid.budget import Budget, Spent
from babelset.engines.paid.faults import Trouble, redacted, seconds_to_wait
from babelset.engines.paid.languages import _codes, code_of
from babelset.engines.paid.markup import IGNORED, NOTRANSLATE
from babelset.languages import all_languages, find

MARKUPS = [IGNORED, NOTRANSLATE]
TEXTS = st.lists(st.one_of(st.text(), st.sampled_from(["<1/>", "<22/>", "<x>", "</span>", "&lt;", "&amp;amp;", "< "])))


@pytest.mark.parametrize("markup", MARKUPS)
@given(TEXTS.map("".join))
def test_what_is_written_is_read_again(markup, text):
    assert markup.read(markup.written(text), text) == text


@pytest.mark.parametrize("markup", MARKUPS)
@given(st.text())
def test_no_answer_breaks_the_reading(markup, answer):
    markup.read(answer, "Run <1/>.")


@pytest.mark.parametrize(
    "source, answer, read",
    [
        ("a <1/>, b", "a <x>1</x> , b", "a <1/>, b"),
        ("(<1/>)", "( <x>1</x> )", "(<1/>)"),
        ("a <1/> , b", "a <x>1</x> , b", "a <1/> , b"),  # as it came
        ("a <1/>", "<X id='2'> 1 </X >", "<1/>"),
        ("a <1/><2/>", "<x>1</x><x>2", "2"),  # damaged: none is read
        ("a", "&#39;a&#39; &quot;", "'a' \""),
    ],
)
def test_answers_that_services_give(source, answer, read):
    assert IGNORED.read(answer, source) == read


def test_reading_is_not_quadratic():
    IGNORED.read("<x>" * 200_000 + "<x " * 200_000, "")


@pytest.mark.parametrize("service", ["deepl", "google", "azure", "aws"])
def test_all_languages_of_the_table_exist(service):
    assert set(_codes(service)) <= {language.bcp47 for language in all_languages()} | {
        "en-GB", "en-US", "es-419", "es-MX", "fr-CA", "pt-BR", "pt-PT",
    }  # fmt: skip


@pytest.mark.parametrize(
    "tag, service, code",
    [
        ("pt", "deepl", "PT-BR"),
        ("pt-PT", "deepl", "PT-PT"),
        ("en", "deepl", "EN-US"),
        ("es-AR", "deepl", "ES"),
        ("zho_Hant", "google", "zh-TW"),
        ("zho_Hans", "azure", "zh-Hans"),
        ("nob_Latn", "aws", "no"),
        ("srp_Cyrl", "azure", "sr-Cyrl"),
        ("prs_Arab", "aws", "fa-AF"),
        ("quy_Latn", "google", "qu"),
        ("nno_Latn", "deepl", ""),
        ("mni_Beng", "google", ""),
    ],
)
def test_codes(tag, service, code):
    assert code_of(find(tag), service) == code


@pytest.mark.parametrize(
    "value, seconds",
    [
        ("3", 3),
        ("0.5", 0.5),
        ("-3", 0),
        ("nan", 0),
        ("inf", 0),
        ("soon", 0),
        ("", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ],
)
def test_retry_after(value, seconds):
    assert seconds_to_wait({"Retry-After": value}) == seconds_to_wait({"retry-after": value}) == seconds


@pytest.mark.parametrize(
    "said", ["key abcdefgh12345 is wrong", "key 'abcdefgh...'", "Authorization: xyz:abcdefgh12345"]
)
def test_no_part_of_a_secret_is_shown(said):
    assert "abcdefgh" not in redacted(said, ["abcdefgh12345", ""])


@given(st.lists(st.tuples(st.integers(1, 50), st.sampled_from([None, 0, 429, 500])), max_size=30))
def test_a_budget_is_never_exceeded(requests):
    kept = []
    budget = Budget("deepl", max_characters=100, keep=lambda counts: kept.append(dict(counts)))
    charged = 0
    for size, status in requests:
        try:
            with budget.claim(size):
                assert kept[-1]["characters"] == charged + size  # before it is sent
                if status is not None:
                    raise Trouble("", status)
            charged += size
        except Trouble as trouble:
            charged += 0 if trouble.free else size
        except Spent:
            assert charged + size > 100
    assert budget.counts["characters"] == charged <= 100


def test_near_a_limit_a_claim_waits_for_those_in_flight():
    budget, order = Budget("deepl", max_characters=100), []

    def second():
        with budget.claim(60):
            order.append("second")

    thread = threading.Thread(target=second)
    with pytest.raises(Trouble), budget.claim(60):
        thread.start()
        thread.join(0.2)
        order.append("first")
        raise Trouble("slow down", 429)
    thread.join(10)
    assert (order, budget.counts["characters"]) == (["first", "second"], 60)
