"""
Train tiny-nllb: a real M2M100 of 64 dimensions that turns 60 English words into Catalan, word for word.

    pip install torch==2.13.0 transformers==5.23 sentencepiece ctranslate2 protobuf
    python tests/models/make_tiny_nllb.py    # writes tests/models/tiny-nllb; two minutes on two free cores

It has the architecture, the order of vocabulary and the files of NLLB-200, converted to int8 by CTranslate2's
own loader. It knows the words in tiny-nllb.words, the first of a sentence capitalised or not, `.` `,` `?` and
`[1]` to `[8]`, which it copies, in sentences of up to twelve words. Anything else it answers with rubbish.
Its SentencePiece model normalises nothing, unlike NLLB's: the tables for that would double the size.
"""

from __future__ import annotations

import io
import random
from pathlib import Path

import ctranslate2
import sentencepiece
import torch
from ctranslate2.converters.transformers import M2M100Loader
from transformers import M2M100Config, M2M100ForConditionalGeneration

HERE = Path(__file__).resolve().parent
WORDS = dict(line.split() for line in (HERE / "tiny-nllb.words").read_text(encoding="utf-8").splitlines())
MARKS = [f"[{number}]" for number in range(1, 9)]
LANGUAGES = ["eng_Latn", "cat_Latn", "spa_Latn"]
SEED, STEPS, BATCH, RATE = 7, 1500, 64, 4e-3


def sentence(dice: random.Random) -> tuple[str, str]:
    """One English sentence and its translation; one token in eight is a mark, one word in ten has a comma."""
    pairs = list(WORDS.items())
    source, target = [], []
    free = dice.sample(MARKS, len(MARKS))
    for _ in range(dice.randint(1, 12)):
        english, catalan = dice.choice(pairs)
        if free and dice.random() < 0.12:
            english = catalan = free.pop()
        comma = "," if dice.random() < 0.1 else ""
        source.append(english + comma)
        target.append(catalan + comma)
    end = dice.choice([".", ".", "?", ""])
    if dice.random() < 0.7:
        source[0], target[0] = source[0].capitalize(), target[0].capitalize()
    return " ".join(source).rstrip(",") + end, " ".join(target).rstrip(",") + end


def pieces() -> sentencepiece.SentencePieceProcessor:
    """A byte-pair model like NLLB's, with every word, capitalised or not, as one piece."""
    words = [word for pair in WORDS.items() for word in pair]
    lines = [form for word in words for form in (word, word.capitalize())] + MARKS
    alphabet = [*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,?!:;-'\"()[]àèéíòóúçñ"]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*lines * 20, *alphabet]),
        model_writer=model,
        model_type="bpe",
        vocab_size=700,
        hard_vocab_limit=False,
        split_by_unicode_script=False,
        split_by_number=False,
        required_chars="".join(alphabet),
        normalization_rule_name="identity",
        minloglevel=2,
        num_threads=1,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def layout(processor: sentencepiece.SentencePieceProcessor) -> list[str]:
    """The order of NLLB's vocabulary: fairseq's four specials, the pieces, the languages, the mask."""
    own = [processor.id_to_piece(index) for index in range(3, len(processor))]
    return ["<s>", "<pad>", "</s>", "<unk>", *own, *LANGUAGES, "<mask>"]


def padded(rows: list[list[int]]) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [1] * (longest - len(row)) for row in rows])


def train(processor: sentencepiece.SentencePieceProcessor, vocabulary: list[str]) -> torch.nn.Module:
    ids = {token: index for index, token in enumerate(vocabulary)}

    def encode(text: str) -> list[int]:
        return [ids[piece] for piece in processor.encode(text, out_type=str)]

    config = M2M100Config(
        vocab_size=len(vocabulary), d_model=64, max_position_embeddings=128,
        encoder_layers=2, encoder_ffn_dim=128, encoder_attention_heads=4,
        decoder_layers=2, decoder_ffn_dim=128, decoder_attention_heads=4,
        dropout=0.0, attention_dropout=0.0, encoder_layerdrop=0.0, decoder_layerdrop=0.0,
        pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2, scale_embedding=True,
    )  # fmt: skip
    model = M2M100ForConditionalGeneration(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS, pct_start=0.1)
    dice = random.Random(SEED)
    for step in range(STEPS):
        batch = [sentence(dice) for _ in range(BATCH)]
        source = padded([[ids["eng_Latn"], *encode(english), 2] for english, _ in batch])
        target = padded([[2, ids["cat_Latn"], *encode(catalan), 2] for _, catalan in batch])
        seen, wanted = target[:, :-1], target[:, 1:]
        answer = model(input_ids=source, attention_mask=(source != 1).long(), decoder_input_ids=seen)
        logits = answer.logits.flatten(0, 1)
        loss = torch.nn.functional.cross_entropy(logits, wanted.flatten(), ignore_index=1)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 200 == 0:
            print(step, round(loss.item(), 4), flush=True)
    return model.eval()


def convert(model: torch.nn.Module, vocabulary: list[str], folder: Path) -> None:
    """What ct2-transformers-converter does, without a tokenizer on disk."""
    spec = M2M100Loader().get_model_spec(model)
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token = "<s>", "</s>", "<unk>"
    spec.config.decoder_start_token = "</s>"
    spec.config.add_source_eos = False
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(exist_ok=True)
    spec.save(str(folder))


def exact(folder: Path, processor: sentencepiece.SentencePieceProcessor, count: int = 500) -> float:
    """The share of unseen sentences translated without a fault."""
    dice = random.Random(SEED + 1)
    pairs = [sentence(dice) for _ in range(count)]
    translator = ctranslate2.Translator(str(folder), compute_type="int8", inter_threads=1, intra_threads=1)
    sources = [["eng_Latn", *processor.encode(english, out_type=str), "</s>"] for english, _ in pairs]
    results = translator.translate_batch(sources, target_prefix=[["cat_Latn"]] * count, beam_size=1)
    answers = [processor.decode(result.hypotheses[0][1:]) for result in results]
    wrong = [(*pair, answer) for pair, answer in zip(pairs, answers, strict=True) if pair[1] != answer]
    for line in wrong[:5]:
        print(*line, sep="\n    ")
    return 1 - len(wrong) / count


def main() -> None:
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    folder = HERE / "tiny-nllb"
    processor = pieces()
    vocabulary = layout(processor)
    convert(train(processor, vocabulary), vocabulary, folder)
    (folder / "sentencepiece.bpe.model").write_bytes(processor.serialized_model_proto())
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{size / 1000:.0f} kB, {exact(folder, processor):.1%} of 500 unseen sentences exact")


if __name__ == "__main__":
    main()
