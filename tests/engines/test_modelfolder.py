import sys
from types import SimpleNamespace

import pytest

from babelset.engines.modelfolder import fingerprint, locate, settings, tokens, vocabularies
from babelset.errors import ConfigError

WHOLE = ["model.bin", "config.json", "shared_vocabulary.json", "sentencepiece.bpe.model"]
CONVERT = "ct2-transformers-converter --model {model} --quantization int8 --output_dir .* --copy_files "


def folder(path, names):
    for name in names:
        (path / name).write_text("[]" if name.endswith("json") else name, "utf-8")
    return path


def convert(model):
    return CONVERT.format(model=model)


def without(name):
    return [other for other in WHOLE if other != name]


@pytest.mark.parametrize(
    "names",
    [
        WHOLE,
        ["model.bin", "source_vocabulary.json", "target_vocabulary.json", "source.spm", "target.spm"],
        ["model.bin", "shared_vocabulary.txt", "spiece.model"],
    ],
)
def test_a_whole_model(tmp_path, names):
    assert locate(str(folder(tmp_path, names)), download=False) == tmp_path


@pytest.mark.parametrize(
    "names, message",
    [
        ([], "has no model.bin. Convert it: " + CONVERT),
        (["model.safetensors", "config.json"], "a checkpoint that is not converted. Convert it: " + CONVERT),
        (["pytorch_model.bin", "tokenizer.json"], "is a checkpoint that is not converted"),
        (without("model.bin"), "has no model.bin"),
        (without("shared_vocabulary.json"), "no shared_vocabulary.json: the conversion was cut .* --force"),
        (without("sentencepiece.bpe.model"), "no SentencePiece file .* hf download CHECKPOINT sentencepiece"),
    ],
)
def test_half_a_model(tmp_path, names, message):
    with pytest.raises(ConfigError, match=message.format(model=tmp_path)):
        locate(str(folder(tmp_path, names)), download=False)


@pytest.mark.parametrize(
    "model, message",
    [
        ("", "no model was named. To make one: " + convert("facebook/nllb-200-distilled-600M")),
        ("./models/nllb", "./models/nllb: no such folder. To make one"),
        ("models/deep/nllb", "models/deep/nllb: no such folder"),
        ("facebook/nllb-200-1.3B", "hf download facebook/nllb-200-1.3B --local-dir nllb-200-1.3B"),
        ("facebook/nllb-200-1.3B", convert("facebook/nllb-200-1.3B") + "sentencepiece.bpe.model"),
        ("Helsinki-NLP/opus-mt-en-ca", convert("Helsinki-NLP/opus-mt-en-ca") + "source.spm target.spm"),
        ("google/madlad400-3b-mt", convert("google/madlad400-3b-mt") + "spiece.model"),
    ],
)
def test_a_model_that_is_not_here(tmp_path, monkeypatch, model, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ConfigError, match=message):
        locate(model, download=False)


def test_download_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ConfigError, match=r"needs the 'hub' extra: pip install 'babelset\[hub\]'"):
        locate("someone/nllb-ct2", download=True)


def hub(monkeypatch, answer):
    calls = []

    def snapshot_download(model, **options):
        calls.append((model, options["local_files_only"]))
        return answer()

    module = SimpleNamespace(snapshot_download=snapshot_download)
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    return calls


@pytest.mark.parametrize("download", [True, False])
def test_the_hub_is_asked_over_the_network_only_when_allowed(tmp_path, monkeypatch, download):
    calls = hub(monkeypatch, lambda: str(folder(tmp_path, WHOLE)))
    assert locate("someone/nllb-ct2", download=download) == tmp_path
    assert calls == [("someone/nllb-ct2", not download)]


@pytest.mark.parametrize("download, message", [(True, "download failed: offline"), (False, "download=true")])
def test_the_hub_does_not_have_it(monkeypatch, download, message):
    def offline():
        raise OSError("offline")

    hub(monkeypatch, offline)
    with pytest.raises(ConfigError, match=message):
        locate("someone/nllb-ct2", download=download)


def test_a_checkpoint_fetched_from_the_hub_is_to_be_converted(tmp_path, monkeypatch):
    hub(monkeypatch, lambda: str(folder(tmp_path, ["config.json", "sentencepiece.bpe.model"])))
    with pytest.raises(ConfigError, match=convert("facebook/nllb-200-3.3B")):
        locate("facebook/nllb-200-3.3B", download=True)


def test_vocabularies_in_both_formats(tmp_path):
    (tmp_path / "source_vocabulary.json").write_text('["a", "b"]')
    (tmp_path / "target_vocabulary.txt").write_text("c\nd\n")
    assert [tokens(path) for path in vocabularies(tmp_path)] == [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize("text, found", [('{"eos_token": "</s>"}', {"eos_token": "</s>"}), ("[]", {})])
def test_settings(tmp_path, text, found):
    (tmp_path / "config.json").write_text(text)
    assert settings(tmp_path / "config.json") == found
    assert settings(tmp_path / "none.json") == {}


def test_broken_settings(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ConfigError, match="is not valid JSON"):
        settings(tmp_path / "config.json")


def test_fingerprint_changes_with_every_file_that_matters(tmp_path):
    folder(tmp_path, WHOLE)
    seen = {fingerprint(tmp_path)}
    for name in WHOLE:
        (tmp_path / name).write_text("other")
        seen.add(fingerprint(tmp_path))
    assert len(seen) == 5
    (tmp_path / "README.md").write_text("other")
    assert fingerprint(tmp_path) in seen
