"""
LLaMA-Factory's own loader, converters and template, and TRL's trainers, on what is exported, and Axolotl's schema on the
lines in docs/training.md: `make test-engines`.

Each is in an environment of its own. TRL makes two steps on a tiny model with random weights.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from babelset.contracts.stored import stored
from babelset.exports.export import ExportJob, export
from babelset.files.row import KEY
from tests.exports.conftest import make
from tests.exports.test_consumers import LLAMA_FACTORY, TRL, asked

FUNCTION = {
    "name": "add",
    "description": "Suma.",
    "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}},
}
CALL = {"type": "function", "function": {"name": "add", "arguments": '{"x": 1}'}}
USER, TOLD = {"role": "user", "content": "Quants són?"}, {"role": "assistant", "content": "Són quatre."}
CALLED = [USER, {"role": "assistant", "content": "", "tool_calls": [CALL]}, {"role": "tool", "content": "4"}, TOLD]
ROWS: list[dict[str, Any]] = [
    {"instruction": "Suma.", "input": "1 i 2", "output": "Tres.", "system": "Sigues breu.", "history": [["Hola.", "Bon dia."]]},
    {"instruction": "Resta.", "input": "", "output": "Zero."},
    {"messages": CALLED, "tools": [FUNCTION]},
    {"messages": [{"role": "system", "content": "Sigues breu."}, USER, TOLD], "tools": []},
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "Quants són?"}]}, TOLD]},
    {"prompt": "Quants són?", "chosen": "Quatre.", "rejected": "Cinc.", "system": "Sigues breu."},
    {"chosen": [USER, TOLD], "rejected": [USER, {**TOLD, "content": "Són cinc."}], "score": 1.5},
    {"prompt": "Quants són?", "completion": "Quatre.", "label": True},
    {"prompt": "Quants són?", "completion": "Cinc.", "label": False},
]  # fmt: skip
TALKS, PAIRS, LABELLED = ROWS[:5], ROWS[5:7], ROWS[7:]


def exported(folder: Path, shape: str, output: str, rows: list[dict[str, Any]]) -> dict[str, int]:
    """How many rows each file got; all of them have a place."""
    lines = [stored({**row, KEY: make("columns", row, row).evidence}) for row in rows]
    (folder / "ca.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    account = export(ExportJob(inputs=(str(folder / "ca.jsonl"),), shape=shape, output=str(folder / output)))
    found = account["rows"]
    assert found["read"] == found.get("used", found["written"]) == len(rows) and not found["failed"], account[
        "failures"
    ]
    return {Path(path).stem: count for path, count in account["counts"]["written"].items()}


TOKENIZER = """
from tokenizers import Tokenizer, models, pre_tokenizers, decoders
from transformers import PreTrainedTokenizerFast
letters = sorted(pre_tokenizers.ByteLevel.alphabet())
words = ["<pad>", "<|im_start|>", "<|im_end|>", *letters]
inner = Tokenizer(models.BPE(vocab={word: at for at, word in enumerate(words)}, merges=[]))
inner.pre_tokenizer, inner.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|im_end|>", pad_token="<pad>",
    additional_special_tokens=["<|im_start|>"])
"""
LOADS = """
import importlib.machinery, json, sys, types
sys.modules["torchaudio"] = audio = types.ModuleType("torchaudio")  # nobody listens here
audio.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
import llamafactory
from transformers import Seq2SeqTrainingArguments
from llamafactory.data.loader import get_dataset, _get_merged_dataset
from llamafactory.data.template import TEMPLATES
from llamafactory.hparams import DataArguments, ModelArguments
names = json.load(sys.stdin)
stages = {"alpaca": "sft", "sharegpt": "sft", "dpo": "rm", "kto": "kto"}
training = Seq2SeqTrainingArguments(output_dir="out", use_cpu=True)
training.should_log_examples = False
model = ModelArguments(model_name_or_path="tiny")
found = {}
for name in names:
    data = lambda: DataArguments(dataset_dir="lf", dataset=name, template="qwen3", cutoff_len=4096, overwrite_cache=True)
    stage = stages[name.partition("_")[0]]
    rows = _get_merged_dataset(data().dataset, model, data(), training, stage)
    template = TEMPLATES["qwen3"]
    tokens = get_dataset(template, model, data(), training, stage, tokenizer)["train_dataset"]
    keys = [key for key in ("input_ids", "chosen_input_ids") if key in tokens.column_names]
    found[name] = [rows.to_list(), [tokenizer.decode(ids) for ids in tokens[keys[0]]]]
print("\\n" + json.dumps(found))
"""


@pytest.mark.engine
@pytest.mark.skipif(not LLAMA_FACTORY.exists(), reason=f"{LLAMA_FACTORY} is not there")
def test_llama_factory_reads_its_folder(tmp_path: Path) -> None:
    counts = exported(tmp_path, "llama-factory", "lf", ROWS)
    assert counts == {"alpaca_ca": 2, "sharegpt_ca": 3, "dpo_ca": 2, "kto_ca": 2}
    found = asked(LLAMA_FACTORY, TOKENIZER + LOADS, tmp_path, list(counts))
    assert {name: len(tokens) for name, (_, tokens) in found.items()} == counts  # it leaves out what it cannot use
    flat, chats, pairs, labels = (found[name][0] for name in counts)
    assert [row["_system"] for row in flat] == ["Sigues breu.", None]
    assert [turn["content"] for turn in flat[0]["_prompt"]] == ["Hola.", "Bon dia.", "Suma.\n1 i 2"]
    assert [turn["role"] for turn in chats[0]["_prompt"]] == ["user", "function", "observation"]
    assert json.loads(chats[0]["_tools"]) == [FUNCTION] and not chats[1]["_tools"]
    assert chats[1]["_system"] == "Sigues breu." and chats[2]["_prompt"] == [USER]
    assert [[turn["content"] for turn in row["_response"]] for row in pairs] == [
        ["Quatre.", "Cinc."],
        ["Són quatre.", "Són cinc."],
    ]
    assert [[turn["content"] for turn in row["_response"]] for row in labels] == [["Quatre.", ""], ["", "Cinc."]]
    said = found["sharegpt_ca"][1][0]
    assert all(text in said for text in ("Quants són?", '"add"', "Són quatre.", "<tool_call>"))


TRAINS = """
import json, sys
import torch
from datasets import load_dataset
from transformers import Qwen2Config, Qwen2ForCausalLM
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, SFTConfig, SFTTrainer
trainers = {"messages": (SFTTrainer, SFTConfig), "dpo": (DPOTrainer, DPOConfig), "kto": (KTOTrainer, KTOConfig)}
tokenizer.chat_template = (
    "{% if tools %}<|im_start|>tools {{ tools | tojson }}<|im_end|>{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m.role }} {{ m.reasoning_content or '' }}{{ m.content }}"
    "{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments }}{% endfor %}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant {% endif %}"
)
shape = sys.argv[1] if len(sys.argv) > 1 else json.load(sys.stdin)
torch.manual_seed(0)
model = Qwen2ForCausalLM(Qwen2Config(vocab_size=len(tokenizer), hidden_size=32, intermediate_size=32, num_hidden_layers=1,
    num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=4096))
model.save_pretrained("tiny")  # DPO and KTO load it once more, to compare with
data = load_dataset("json", data_files=f"{shape}.jsonl", split="train", cache_dir="cache")
kind, config = trainers[shape]
trainer = kind(model="tiny", processing_class=tokenizer, train_dataset=data, args=config(output_dir="out", max_steps=2,
    per_device_train_batch_size=2, report_to=[], use_cpu=True, bf16=False, save_strategy="no", logging_steps=1))
trainer.train()
keys = [key for key in ("input_ids", "prompt_ids") if key in trainer.train_dataset.column_names]
told = [tokenizer.decode(ids) for ids in trainer.train_dataset[keys[0]]]
print("\\n" + json.dumps([trainer.state.global_step, trainer.state.log_history[0]["loss"], data.column_names, told]))
"""


@pytest.mark.engine
@pytest.mark.skipif(not TRL.exists(), reason=f"{TRL} is not there")
@pytest.mark.parametrize(
    ("shape", "rows", "written", "tools"),
    [("messages", TALKS, 5, True), ("dpo", PAIRS, 2, False), ("kto", [*PAIRS, *LABELLED], 6, False)],
)
def test_trl_trains_on_it(shape: str, rows: list[dict[str, Any]], written: int, tools: bool, tmp_path: Path) -> None:
    assert exported(tmp_path, shape, f"{shape}.jsonl", rows) == {shape: written}
    steps, loss, columns, told = asked(TRL, TOKENIZER + TRAINS, tmp_path, shape)
    assert steps == 2 and loss == loss and len(told) == written  # and not NaN
    assert ("tools" in columns) is tools
    assert all("<|im_start|>user" in text for text in told)
    if shape == "messages":
        assert told[2].startswith("<|im_start|>tools") and '{"x": 1}' in told[2]
        assert "Hola." in told[0] and "Sigues breu." in told[0] and not told[1].startswith("<|im_start|>tools")


AXOLOTL = Path(os.environ.get("BABELSET_AXOLOTL_PYTHON") or Path(sys.prefix, "axolotl", "bin", "python"))
VALIDATES = """
import json, sys
from axolotl.utils.schemas.config import AxolotlInputConfig
must = {"base_model": "tiny", "micro_batch_size": 1, "gradient_accumulation_steps": 1, "num_epochs": 1, "learning_rate": 1e-4}
found = []
for lines in json.load(sys.stdin):
    told = AxolotlInputConfig(**must, **lines)
    found.append({key: getattr(told, key, None) for key in lines if key != "datasets"})
    found[-1]["datasets"] = [data.model_dump(exclude_unset=True) for data in told.datasets]
print(json.dumps(found))
"""


@pytest.mark.engine
@pytest.mark.skipif(not AXOLOTL.exists(), reason=f"{AXOLOTL} is not there")
def test_axolotl_takes_every_line_of_the_documentation(tmp_path: Path) -> None:
    """Its schema drops what it does not know: every line must come back."""
    text = Path(__file__).parents[2].joinpath("docs", "training.md").read_text("utf-8")
    section = text.partition("\n## Axolotl\n")[2].partition("\n## ")[0]
    given = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)]
    unknown = {"datasets": [{**given[0]["datasets"][0], "field_toools": "tools"}]}
    *found, dropped = asked(AXOLOTL, VALIDATES, tmp_path, [*given, unknown])
    assert len(found) == 2 and "field_toools" not in dropped["datasets"][0]
    for lines, told in zip(given, found, strict=True):
        for key, value in lines.items():
            assert (
                told[key] == value
                if key != "datasets"
                else all(its.items() <= data.items() for its, data in zip(value, told[key], strict=True))
            ), (key, told)
