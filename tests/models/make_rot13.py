r"""
Build a language model that needs no training: one Llama layer that answers with the ROT13 of what it is given.

    pip install numpy safetensors
    python tests/models/make_rot13.py FOLDER    # 583 kB, less than a second; transformers and vLLM load it, in float32

The chat template puts the payload, then filling up to `window` bytes, then the start of the answer: byte i of the
answer is written exactly `window` tokens after byte i of the payload. Attention looks back by just so much, values
carry the code of the byte found there, and the head maps the code to the ciphered byte, the filling to the end.

The payload is what follows the last line `Translate:` of the last user message. Words in it make the model
misbehave; what it then says is enciphered beforehand, so that it can be read in the answer:

    zzREFUSE   an apology instead          zzCHATTER  an introduction first     zzTHINK  a thought first
    zzEMPTY    nothing                     zzECHO     the source as it is       zzCUT    the first half only
    zzONCE     beside one of these: only as long as no `Correction` stands before the payload

A payload longer than the window is answered with [[too long]]. Below a JSON payload the letters of escapes (`\n`,
`\u001f`) are kept, so that the answer is JSON too. As with any model, special tokens spelt out are special tokens.
"""

from __future__ import annotations

import codecs
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

SPECIALS = ["<|pad|>", "<|eos|>", "<|src|>", "<|tgt|>", "<|fill|>"]  # generate() masks pad: filling is another token
PAD, EOS, _, TGT, FILL = range(len(SPECIALS))
VOCABULARY = len(SPECIALS) + 256
HIDDEN, HEADS, INNER = 128, 2, 32
HALF = HIDDEN // HEADS // 2
BASE = 1000.0  # of the rotary angles: the distance looked for wins by 33 nats over any other up to 3,000 tokens
SHARPNESS, COPY, CONFIDENCE = 14.0, 50.0, 0.15
SEED = 13

TEMPLATE = r"""
{%- macro cipher(text) -%}{{ text.translate("".maketrans(PLAIN, CIPHERED)) }}{%- endmacro -%}
{%- macro keep_escapes(text) -%}
  {%- for run in text.split("\\\\") -%}
    {%- if not loop.first -%}{{ "\\\\" }}{%- endif -%}
    {%- for piece in run.split("\\") -%}
      {%- set code = 5 if piece[:1] == "u" else 1 -%}
      {{- piece if loop.first else "\\" ~ cipher(piece[:code]) ~ piece[code:] -}}
    {%- endfor -%}
  {%- endfor -%}
{%- endmacro -%}
{%- set message = (messages | selectattr("role", "equalto", "user") | list)[-1].content -%}
{%- set parts = ("\n" ~ message).split("\nTranslate:\n") -%}
{%- set c = (parts[-1] if parts | length > 1 else message).rstrip() -%}
{%- set good = "zzONCE" in c and "Correction" in parts[:-1] | join -%}
{%- if c.encode() | length > WINDOW -%}{%- set payload = cipher("[[too long]]") -%}
{%- elif good -%}{%- set payload = c -%}
{%- elif "zzREFUSE" in c -%}{%- set payload = cipher("I'm sorry, but I can't help with that.") -%}
{%- elif "zzEMPTY" in c -%}{%- set payload = "" -%}
{%- elif "zzECHO" in c -%}{%- set payload = cipher(c) -%}
{%- elif "zzCUT" in c -%}{%- set payload = c[:c | length // 2] -%}
{%- else -%}{%- set payload = c -%}{%- endif -%}
{%- if c.startswith("{") and "zzECHO" not in c -%}{%- set payload = keep_escapes(payload) -%}{%- endif -%}
{%- if not good and "zzCHATTER" in c -%}{%- set payload = cipher("Sure! Here is the translation: ") ~ payload -%}{%- endif -%}
{%- if not good and "zzTHINK" in c -%}{%- set payload = cipher("<think>hm</think>") ~ payload -%}{%- endif -%}
{%- if payload.encode() | length > WINDOW -%}{%- set payload = cipher("[[too long]]") -%}{%- endif -%}
<|src|>{{ payload }}{{ "<|fill|>" * (WINDOW - payload.encode() | length) }}<|tgt|>
""".strip()


def letters() -> dict[int, str]:
    """How byte-level tokenizers write each byte: printable ones as they are, the others from U+0100 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + rank) for rank, byte in enumerate(others)}


def tokenizer() -> dict[str, object]:
    """A tokenizer.json of bytes: BPE without a merge."""
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False) | {"special": True}
    tokens = [*SPECIALS, *(letter for _, letter in sorted(letters().items()))]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": rank, "content": token, **flags} for rank, token in enumerate(SPECIALS)],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {"type": "BPE", "vocab": {token: rank for rank, token in enumerate(tokens)}, "merges": []},
    }


def tokenizer_config(window: int) -> dict[str, object]:
    plain = "".join(map(chr, [*range(65, 91), *range(97, 123)]))
    names = {"PLAIN": json.dumps(plain), "CIPHERED": json.dumps(codecs.encode(plain, "rot13")), "WINDOW": window}
    template = TEMPLATE
    for name, value in names.items():
        template = template.replace(name, str(value))
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "eos_token": SPECIALS[EOS],
        "pad_token": SPECIALS[PAD],
        "chat_template": template,
    }


def config(window: int) -> dict[str, object]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",  # for qwen2, transformers puts Qwen's own tokenizer, which normalises, before ours
        "dtype": "float32",
        "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "num_hidden_layers": 1,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "attention_bias": True,
        "max_position_embeddings": 4 * window,
        "rope_parameters": {"rope_type": "default", "rope_theta": BASE},
        "hidden_act": "silu",
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": False,
        "eos_token_id": EOS,
        "pad_token_id": PAD,
    }


def ciphered(token: int) -> int:
    """The token that stands for `token` in the answer."""
    first = len(SPECIALS)
    byte = chr(token - first) if token >= first else ""
    return first + ord(codecs.encode(byte, "rot13")) if byte else EOS


def layer(window: int) -> dict[str, np.ndarray]:
    """Every head looks `window` tokens back, whatever stands there, and copies its half of what it finds."""
    angles = window * BASE ** (-np.arange(HALF) / HALF)
    query = np.concatenate([np.cos(angles), -np.sin(angles)])
    key = np.concatenate([np.ones(HALF), np.zeros(HALF)])
    square, flat = np.zeros((HIDDEN, HIDDEN)), np.zeros(HIDDEN)
    return {
        "self_attn.q_proj.weight": square,
        "self_attn.q_proj.bias": SHARPNESS * np.tile(query, HEADS),
        "self_attn.k_proj.weight": square,
        "self_attn.k_proj.bias": SHARPNESS * np.tile(key, HEADS),
        "self_attn.v_proj.weight": np.eye(HIDDEN),
        "self_attn.v_proj.bias": flat,
        "self_attn.o_proj.weight": COPY * np.eye(HIDDEN),
        "self_attn.o_proj.bias": flat,
        "mlp.gate_proj.weight": np.zeros((INNER, HIDDEN)),
        "mlp.up_proj.weight": np.zeros((INNER, HIDDEN)),
        "mlp.down_proj.weight": np.zeros((HIDDEN, INNER)),
        "input_layernorm.weight": flat + 1,
        "post_attention_layernorm.weight": flat + 1,
    }


def weights(window: int) -> dict[str, np.ndarray]:
    code = np.random.default_rng(SEED).choice([-1.0, 1.0], size=(VOCABULARY, HIDDEN))
    head = np.zeros((VOCABULARY, HIDDEN))
    for token in [TGT, FILL, *range(len(SPECIALS), VOCABULARY)]:
        head[ciphered(token)] += CONFIDENCE * code[token]
    model = {"model.embed_tokens.weight": code, "model.norm.weight": np.ones(HIDDEN), "lm_head.weight": head}
    model |= {f"model.layers.0.{name}": value for name, value in layer(window).items()}
    return {name: value.astype(np.float32) for name, value in model.items()}


def make(folder: Path, window: int = 1024) -> Path:
    """Write the model that enciphers up to `window` bytes into the folder; the same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "config.json": config(window),
        "tokenizer.json": tokenizer(),
        "tokenizer_config.json": tokenizer_config(window),
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    save_file(weights(window), folder / "model.safetensors", metadata={"format": "pt"})
    return folder


if __name__ == "__main__":
    make(Path(sys.argv[1]))
