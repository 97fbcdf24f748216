"""Preference pairs in TRL's shapes, from every spelling of them."""

from __future__ import annotations

import pytest

from babelset.errors import DataError
from babelset.plugins import build
from tests.exports.conftest import make

ASKED = {"role": "user", "content": "Quants són?"}
FOUR, FIVE = {"role": "assistant", "content": "Quatre."}, {"role": "assistant", "content": "Cinc."}
CLEAR = {"role": "system", "content": "Sigues clar."}
PLAIN = {"prompt": [ASKED], "chosen": [FOUR], "rejected": [FIVE]}


def turns(*messages):
    names = {"user": "human", "assistant": "gpt", "system": "system"}
    return [{"from": names[message["role"]], "value": message["content"]} for message in messages]


@pytest.mark.parametrize(
    "row, expected",
    [
        ({"prompt": "Quants són?", "chosen": "Quatre.", "rejected": "Cinc."}, PLAIN),
        ({"instruction": "Quants són?", "input": "", "prefered_output": "Quatre.", "rejected_output": "Cinc."}, PLAIN),
        ({"chosen": [ASKED, FOUR], "rejected": [ASKED, FIVE]}, PLAIN),
        ({"prompt": "Quants són?", "chosen": [ASKED, FOUR], "rejected": [ASKED, FIVE]}, PLAIN),
        ({"prompt": [ASKED], "chosen": [FOUR], "rejected": [FIVE]}, PLAIN),
        (
            {"conversations": turns(ASKED), "chosen": turns(FOUR)[0], "rejected": turns(FIVE)[0], "id": 3},
            {**PLAIN, "id": 3},
        ),
        (
            {"system": "Sigues clar.", "question": "Quants són?", "chosen": "Quatre.", "rejected": "Cinc."},
            {**PLAIN, "prompt": [CLEAR, ASKED]},
        ),
        (
            {"system": "Sigues clar.", "prompt": "Quants són?", "chosen": [ASKED, FOUR], "rejected": [ASKED, FIVE]},
            {**PLAIN, "prompt": [CLEAR, ASKED]},
        ),
        (
            {"history": [["Hola.", "Digues."]], "prompt": "Quants són?", "chosen": "Quatre.", "rejected": "Cinc."},
            {
                **PLAIN,
                "prompt": [{"role": "user", "content": "Hola."}, {"role": "assistant", "content": "Digues."}, ASKED],
            },
        ),
        (
            {"prompt": "Quants són?", "chosen": [ASKED, {**FOUR, "thinking": "2+2"}], "rejected": [ASKED, FIVE]},
            {**PLAIN, "chosen": [{**FOUR, "thinking": "2+2"}]},
        ),
    ],
)
def test_dpo_and_kto(row, expected):
    known = make("columns", row, row)
    assert build("exports", "dpo", {}).convert(known).data == expected
    rest = {key: value for key, value in expected.items() if key not in PLAIN}
    assert [each.data for each in build("exports", "kto", {}).convert(known)] == [
        {"prompt": expected["prompt"], "completion": expected["chosen"], "label": True, **rest},
        {"prompt": expected["prompt"], "completion": expected["rejected"], "label": False, **rest},
    ]


@pytest.mark.parametrize("label, said", [(True, True), (0, False)])
def test_a_labelled_answer_stays_one_row(label, said):
    row = {"prompt": "Quants són?", "completion": "Quatre.", "label": label}
    [found] = build("exports", "kto", {}).convert(make("columns", row, row))
    assert found.data == {"prompt": [ASKED], "completion": [FOUR], "label": said}


@pytest.mark.parametrize(
    "shape, row, reason",
    [
        ("dpo", {"chosen": "Quatre.", "rejected": "Cinc."}, "no prompt"),
        ("dpo", {"prompt": "Quants són?", "chosen": "Quatre.", "rejected": "Quatre."}, "the same as chosen"),
        ("dpo", {"prompt": "Quants són?", "completion": "Quatre."}, "no chosen and rejected"),
        ("dpo", {"prompt": "I ara?", "chosen": [ASKED, ASKED], "rejected": [ASKED, ASKED]}, "the same"),
        ("kto", {"prompt": "Quants són?", "completion": "Quatre.", "label": "entailment"}, "'entailment'"),
        ("kto", {"prompt": "Quants són?", "completion": "Quatre."}, "no chosen and rejected"),
    ],
)
def test_what_is_no_pair_is_refused(shape, row, reason):
    with pytest.raises(DataError) as caught:
        build("exports", shape, {}).convert(make("columns", row, row))
    assert reason in str(caught.value)
