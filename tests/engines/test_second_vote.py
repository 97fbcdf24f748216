from pathlib import Path

import pytest

from babelset.engines.second_vote import second_vote
from babelset.errors import ConfigError
from babelset.filters.language import Language
from babelset.languages import find

EN = "The library is open every day of the week except on Sunday, and children can borrow books there."
ES = "La biblioteca abre todos los días de la semana salvo el domingo, y los niños pueden llevarse libros."


@pytest.mark.engine  # lingua takes twelve seconds to load
def test_lingua_votes_on_what_it_knows():
    vote = second_vote("lingua")
    assert (vote(ES, find("es")) or 0) > 0.8 > 0.2 > (vote(EN, find("es")) or 0)
    assert vote(ES, find("gl")) is None


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "no such file"), (b"", "no fastText model"), (b"PK\3\4" * 99, "no fastText model")]
)
def test_what_is_no_model_is_told(content: bytes | None, reason: str, tmp_path: Path):
    path = tmp_path / "model.bin"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=reason), Language(second=str(path)).open(tmp_path):
        pass


@pytest.mark.engine
def test_a_fasttext_model_votes_by_its_labels(tmp_path: Path):
    """Trained here: whoever has `fasttext-numpy2-wheel` in place of `fasttext-predict` can make one."""
    train = getattr(pytest.importorskip("fasttext"), "train_supervised", None)
    if train is None:
        pytest.skip("training needs fasttext-numpy2-wheel in place of fasttext-predict")
    (tmp_path / "texts").write_text(f"__label__spa_Latn {ES}\n__label__eng_Latn {EN}\n" * 50, encoding="utf-8")
    train(str(tmp_path / "texts"), minn=2, maxn=3, dim=8, bucket=500, epoch=30).save_model(str(tmp_path / "model.bin"))
    vote = second_vote(str(tmp_path / "model.bin"))
    assert (vote(ES, find("es")) or 0) > 0.8 > 0.2 > (vote(EN, find("es")) or 0)
    assert vote(ES, find("gl")) is None
