from __future__ import annotations

import pytest

ROW = {"instruction": "Qui?", "context": "", "response": "Jo.", "category": "open_qa"}


@pytest.mark.parametrize(
    "file, lang, place",
    [
        ("data/dolly.jsonl.gz", "cat_Latn", "dolly/ca.json"),
        ("dolly-15k.json", "npi_Deva", "dolly-15k/ne.json"),
        ("", "cat_Latn", "dolly/ca.json"),
        ("../../..", "cat_Latn", "dolly/ca.json"),
        ("a\x00b/c d\n.json", "cat_Latn", "c-d-/ca.json"),
    ],
)
def test_the_shape_of_the_source_in_a_folder_named_after_it(export_as, file, lang, place):
    made = export_as("mits", "dolly", ROW, ROW, file=file, lang=lang)
    assert (made.file, made.data) == (place, ROW)
