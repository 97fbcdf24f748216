"""vLLM in this process: offline batches of any language model that it can load."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from babelset.doctor import Finding
from babelset.engines import modelfolder
from babelset.engines.llm.languagemodel import LLM, in_step
from babelset.engines.llm.request import ChatChoice, Reply, Request, T, Talk
from babelset.errors import ConfigError
from babelset.work.chunks import chunked

CURE = "pip install 'babelset[vllm]'"
TEMPLATE = 256  # tokens that a chat template may add
SLICE = 2048  # requests that are lost where the process is killed, and awaited where it is stopped

logger = logging.getLogger("babelset")


class VLLM(LLM):
    """
    Translate with a language model that vLLM runs in this process: `babelset[vllm]`, one or several GPUs.

    >>> VLLM(model="Qwen/Qwen3-8B", engine_args={"tensor_parallel_size": 2})

    Thousands of requests go to the engine at a time, those with the same beginning together, so that its prefix
    cache serves the instructions. Raises ConfigError where vLLM or the model is not there or an argument is wrong.
    """

    batch: ClassVar[int] = 16_384
    chunk: ClassVar[int] = 2048  # rows: the engine runs empty at the end of each chunk
    parallel: ClassVar[int] = 2  # while the engine answers one chunk, the answers to the other are examined
    operational: ClassVar[frozenset[str]] = frozenset({"download"})

    engine_args: dict[str, Any] = Field({}, description="arguments of vllm.LLM: tensor_parallel_size, quantization")
    download: bool = Field(False, description="fetch the model from the hub when it is not on this machine")

    _turn: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """Whether vLLM is there; importing it takes ten seconds, so it is not tried."""
        there = find_spec("vllm") is not None
        yield Finding("vllm", there, "installed; needs --model" if there else "not installed", "" if there else CURE)

    def close(self) -> None:
        self.halt()
        if threads := self.__dict__.pop("_threads", None):
            if self._turn.locked():
                logger.warning("vllm: stopping when the batch in flight is answered; Ctrl-C again loses it")
            threads.shutdown()  # an interrupt must not tear an answer from the batch that it is in
        super().close()
        if engine := self.__dict__.pop("engine", None):
            engine.llm_engine.engine_core.shutdown()  # left to the interpreter's end, its processes may outlive us

    def _model_name(self) -> str:
        folder = Path(self.model)
        if not folder.is_dir():
            return self.model
        return f"{folder.resolve().name}#{modelfolder.fingerprint(folder)}"

    @cached_property
    def engine(self) -> Any:
        """The loaded model. Loading takes from seconds to minutes, so nothing but a segment starts it."""
        if find_spec("vllm") is None:
            raise ConfigError(f"vLLM is not installed: {CURE}")
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
        os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")  # standard output may carry rows
        if not self.download:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from vllm import LLM as Engine

        defaults = {
            "enable_prefix_caching": True,
            "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
        }
        try:
            with _numba_out_of_sight():
                return Engine(model=self.model, trust_remote_code=False, **{**defaults, **self.engine_args})
        except (TypeError, ValueError, OSError, RuntimeError) as error:
            hint = "" if self.download else " A model of the hub is fetched with --option download=true."
            raise ConfigError(f"vLLM cannot load {self.model}: {str(error).strip()[:600]}.{hint}") from error

    def hold(self, talks: Sequence[Talk[T]]) -> list[T]:
        return self._threads.submit(in_step, talks, self._send).result()

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.parallel, thread_name_prefix="babelset-vllm")

    def _send(self, requests: list[Request]) -> list[Reply]:
        self._halted.check()
        with self._turn:
            _ = self.engine
        keys, known = self._remembered(requests)
        fitting = {}
        for key, request in zip(keys, requests, strict=True):
            if key not in known:
                room = self._room(request)
                if room:
                    fitting[key] = request, room
                else:
                    known[key] = Reply(error="the text does not fit the model's context", too_long=True)
        for some in chunked(fitting.items(), SLICE):
            self._halted.check()
            with self._turn:
                replies = self._chat([asked for _, asked in some])
            answered = dict(zip((key for key, _ in some), replies, strict=True))
            self._replies.put(answered.items())
            known |= answered
        return [known[key] for key in keys]

    def _room(self, request: Request) -> int:
        """Tokens that the answer may take, 0 where the request does not fit."""
        longest = int(self.engine.model_config.max_model_len)
        text = "".join(str(message["content"]) for message in request.messages)
        prompt = len(text.encode()) + TEMPLATE  # a token is at least a byte, so most requests need no counting
        if prompt + request.max_tokens > longest:
            prompt = len(
                self.engine.get_tokenizer().apply_chat_template(
                    list(request.messages), add_generation_prompt=True, return_dict=False, **_template(request)
                )
            )
        return max(min(request.max_tokens, longest - prompt), 0)

    def _chat(self, asked: Sequence[tuple[Request, int]]) -> list[Reply]:
        outputs = self.engine.chat(
            [list(request.messages) for request, _ in asked],
            [_sampling(request, room) for request, room in asked],
            use_tqdm=False,
            chat_template_kwargs=_template(asked[0][0]),  # the same for all requests of a language pair
        )
        return [_reply(output) for output in outputs]


@contextmanager
def _numba_out_of_sight() -> Iterator[None]:
    """On a CPU vLLM 0.32 looks into all modules, and ends at numba's library, which BM25 loads where it is there."""
    hidden = sys.modules.pop(name := "llvmlite.binding.ffi", None)
    try:
        yield
    finally:
        if hidden:
            sys.modules[name] = hidden


def _template(request: Request) -> dict[str, Any]:
    """Arguments of the chat template: no thinking, where it can be switched off, and what the prompt's file says."""
    return {"enable_thinking": False, **request.extra.get("chat_template_kwargs", {})}


def _sampling(request: Request, room: int) -> Any:
    from vllm import SamplingParams
    from vllm.platforms import current_platform
    from vllm.sampling_params import StructuredOutputsParams

    # A seed of its own takes a request out of the batch; on CPUs it ends the engine when a prompt comes in pieces.
    seeded = request.temperature and not current_platform.is_cpu()
    return SamplingParams(
        n=request.n,
        temperature=request.temperature,
        seed=request.seed if seeded else None,
        max_tokens=room,
        structured_outputs=StructuredOutputsParams(json=dict(request.schema)) if request.schema else None,
    )


def _reply(output: Any) -> Reply:
    choices = tuple(ChatChoice(item.text, item.finish_reason or "stop") for item in output.outputs)
    completion = sum(len(item.token_ids) for item in output.outputs)
    return Reply(choices, len(output.prompt_token_ids or ()), completion)
