def test_a_candidate_that_nothing_could_score_comes_back() -> None:
    from babelset.contracts.evidence import NONE, evidence_of, outcome_of, segment_evidence
    from babelset.contracts.filter import Scored
    from babelset.contracts.stored import stored
    from babelset.files.row import KEY
    from babelset.languages import Pair, find

    pair, candidates = Pair(find("en"), find("ca")), (("Hola.", 0.5), ("Adéu.", NONE))
    segment = segment_evidence(Scored("Hi.", "Hola.", pair, candidates=candidates), 0)
    known = {
        "row": 0, "file": "a", "line": 1, "status": "accepted", "schema": "columns", "source": "eng_Latn",
        "target": "cat_Latn", "translator": "t", "segments": [segment], "scores": {}, "verdicts": [],
        "fields": [{"path": ["text"], "role": "text", "source": "Hi.", "keeps": []}],
    }  # fmt: skip
    data = stored({"text": "Hola.", KEY: known})
    assert isinstance(data[KEY], str) and outcome_of(data, evidence_of(data)).segments[0].candidates == candidates
