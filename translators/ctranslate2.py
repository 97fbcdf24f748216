"""NLLB-200 and every other sequence-to-sequence model in CTranslate2's format, on CPU and CUDA."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, PrivateAttr

from babelset import __version__
from babelset.contracts.translator import Failure, Translation, Translator
from babelset.doctor import Finding
from babelset.engines import modelfolder
from babelset.engines.ctranslate2 import vocabularymap
from babelset.engines.ctranslate2.decoding import Decoder, Device
from babelset.engines.ctranslate2.seq2seq import FLORES, Tokens
from babelset.engines.padding import looped
from babelset.errors import ConfigError
from babelset.languages import Pair
from babelset.text.placeholders import SCHEMES
from babelset.text.segment import Segment
from babelset.work.licenses import card_license

SURROGATE = re.compile("[\ud800-\udfff]")
UNKNOWN = 0.5  # share of unknown characters from which on an answer can only be an invention
LOOP = 8  # tokens


class CTranslate2(Translator):
    """
    Translate with any CTranslate2 model: NLLB, M2M100, MADLAD-400, Marian/OPUS-MT.

    >>> CTranslate2(model="models/opus-mt-en-ca")
    >>> CTranslate2(model="models/madlad400-3b-ct2", device="cuda:0,1", compute_type="int8_float16")

    Nothing is cut in silence: a segment of more than `max_tokens` is a Failure(too_long), an answer that
    reaches its length limit is flagged "truncated", one that goes round in a loop "repetition".
    Raises ConfigError for a model, device, compute type or language that is not there.
    """

    model: str = Field("", description="a local folder, or a model on the Hugging Face hub")
    family: Literal["auto", "nllb", "m2m100", "madlad", "marian"] = "auto"
    download: bool = Field(False, description="fetch the model from the hub when it is not on this machine")
    beam: int = Field(1, ge=1, le=32)
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+(,\d+)*)?)$")  # "cuda:0,1"
    compute_type: str = Field("auto", description="int8, float32, float16, ...; auto: the best of the device")
    threads: int = Field(0, ge=0, description="batches at a time on the CPU; 0: one on each core")
    batch_tokens: int = Field(0, ge=0, description="tokens in a batch, padding included; 0: by the device")
    max_tokens: int = Field(256, ge=8, description="longest segment in tokens; longer ones are split")
    vmap: str = Field("", description="tokens that it may write, which is faster: babelset models vmap makes the file")

    _folder: Path = PrivateAttr()
    _decoder: Decoder = PrivateAttr()

    def model_post_init(self, context: Any) -> None:
        """Find out before any data flows whether model, device and compute type are there."""
        self._folder = modelfolder.locate(self.model, self.download)
        device = Device.find(self.device)
        compute_type = device.compute_type(self.compute_type)
        map_ = Path(self.vmap).expanduser() if self.vmap else None
        if map_:
            vocabularymap.check(map_, self._folder)
        self._decoder = Decoder(self._folder, device, compute_type, self.beam, self.threads, self.batch_tokens, map_)

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(self._folder, self.family)

    @cached_property
    def signature(self) -> str:
        import ctranslate2

        parts = {
            "model": Path(self.model).resolve().name,
            "hash": modelfolder.fingerprint(self._folder),
            "beam": self.beam,
            "type": self._decoder.compute_type,
            "max": self.max_tokens,
            **({"vmap": vocabularymap.fingerprint(self._decoder.vmap)} if self._decoder.vmap else {}),
            "ct2": ctranslate2.__version__,
            "v": __version__,
        }
        return "|".join([self.tokens.name, *(f"{key}:{value}" for key, value in parts.items())])

    @cached_property
    def schemes(self) -> Sequence[str]:
        """The schemes that the vocabulary can write, as no model copies what it cannot read."""
        names = ("brackets", "tags", "letters")
        return tuple(name for name in names if not self.tokens.unknown(SCHEMES[name].token(0))) or names

    @property
    def limit(self) -> int:
        return 3 * self.max_tokens  # in most alphabets below max_tokens; `translate` counts what it gets

    @property
    def batch(self) -> int:
        # the workers wait for each other at the end of a call: a worker needs many batches for that to weigh little
        return self._decoder.workers * (512 if self._decoder.device.name == "cpu" else 4096)

    @property
    def license(self) -> str:
        """What the model's card says."""
        return card_license(self._folder)

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """The engine, its devices, and that a model must be named."""
        import ctranslate2

        gpus = ctranslate2.get_cuda_device_count()
        types = " ".join(sorted(ctranslate2.get_supported_compute_types("cpu")))
        name = cls.__name__.lower().replace("ctranslate2", "ct2")
        detail = f"ctranslate2 {ctranslate2.__version__}; {gpus} CUDA devices; CPU: {types}; needs --model DIR"
        yield Finding(name, True, detail)

    def supports(self, pair: Pair) -> bool:
        return self.tokens.supports(pair)

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]:
        if not self.supports(pair):
            raise ConfigError(
                f"{self.model} ({self.tokens.name}) does not translate {pair.source.name} "
                f"({pair.source.code}) to {pair.target.name} ({pair.target.code}). Choose another model"
            )
        texts = [segment.text for segment in segments]
        sources = self.tokens.encode([SURROGATE.sub(" ", text) for text in texts], pair)
        refusals = [self._refusal(text, source) for text, source in zip(texts, sources, strict=True)]
        taken = [source for source, refusal in zip(sources, refusals, strict=True) if refusal is None]
        prefix = self.tokens.prefix(pair)
        decoded = iter(self._decoder.decode(taken, prefix, [self._longest(source) for source in taken]))
        return [
            refusal or self._answer(source, next(decoded), len(prefix))
            for source, refusal in zip(sources, refusals, strict=True)
        ]

    def close(self) -> None:
        self._decoder.close()

    def _refusal(self, text: str, source: list[str]) -> Failure | None:
        """Why the model must not see this text: it would answer with an invention, or with a part."""
        if not text.strip():
            return Failure("there is no text to translate")
        if SURROGATE.search(text):
            return Failure("the text holds a lone surrogate, which is not valid Unicode")
        if len(source) > self.max_tokens:
            return Failure(f"{len(source)} tokens, the limit is {self.max_tokens}", too_long=True)
        known = self.tokens.vocabulary.issuperset(source)
        if not known and (share := self.tokens.unknown(text)) > UNKNOWN:
            return Failure(f"the model's vocabulary lacks {share:.0%} of the text")
        return None

    def _answer(self, source: list[str], decoded: list[str] | Failure, skip: int) -> Translation | Failure:
        if isinstance(decoded, Failure):
            return decoded
        # Its batch may have let it run on: each answer is held to its own limit, whatever stood beside it.
        tokens = decoded[skip : skip + self._longest(source) + 1]
        ended = bool(tokens) and tokens[-1] == self.tokens.eos
        pieces = tokens[: -1 if ended else self._longest(source)]
        flags = []
        if not ended:
            flags.append("truncated")
        if (loop := looped(pieces)) >= LOOP and loop > 2 * looped(source):
            flags.append("repetition")
        return Translation(self.tokens.decode(pieces), tuple(flags))

    def _longest(self, source: list[str]) -> int:
        """Tokens allowed to the translation: room for a script cut three times as fine, an end to loops."""
        return min(3 * len(source) + 32, 2 * self.max_tokens)


class NLLB(CTranslate2):
    """
    Translate between 200 languages with NLLB-200 of any size, without transformers or torch.

    >>> NLLB(model="models/nllb-200-distilled-600M-ct2", beam=4)
    """

    notice: ClassVar[str] = (
        "NLLB-200 translates each sentence alone. Meta's weights are CC BY-NC 4.0: no commercial use"
    )

    family: Literal["nllb"] = "nllb"

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        if not any(map(FLORES.fullmatch, self.tokens.vocabulary)):
            raise ConfigError(
                f"{self.model} is not NLLB-200: its vocabulary lacks eng_Latn. The translator 'ct2' takes it"
            )

    @property
    def license(self) -> str:
        return super().license or "CC-BY-NC-4.0 (Meta's weights)"
