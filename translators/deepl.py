"""DeepL, by its own client; its key is read from DEEPL_AUTH_KEY."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import Field

from babelset.engines.paid.faults import Trouble
from babelset.engines.paid.http import trouble_of
from babelset.engines.paid.markup import IGNORED, Markup
from babelset.engines.paid.service import Paid
from babelset.languages import Pair


class DeepL(Paid):
    """
    Translate with DeepL, free or paid: the key decides.

    >>> DeepL(max_characters=500_000)
    >>> DeepL(glossary="def3a26b-...", formality="prefer_more", prices="prices.toml", max_cost=20)
    """

    service: ClassVar[str] = "deepl"
    client: ClassVar[str] = "deepl"
    variables: ClassVar[Sequence[str]] = ("DEEPL_AUTH_KEY",)
    markup: ClassVar[Markup] = IGNORED
    most_size: ClassVar[int] = 100_000  # a request may have 128 KiB, and 50 texts

    glossary: str = Field("", description="id of a glossary of the pair")
    formality: Literal["", "prefer_more", "prefer_less"] = Field("", description="where the language has it")
    model_type: Literal["", "quality_optimized", "prefer_quality_optimized", "latency_optimized"] = ""

    def supports(self, pair: Pair) -> bool:
        return super().supports(pair) and pair.source.code[:3] != pair.target.code[:3]  # variants are not translated

    def size(self, text: str) -> int:
        return len(json.dumps(text)) + 2  # the client writes "é" as six bytes

    def send(self, texts: Sequence[str], source: str, target: str) -> Sequence[str]:
        import deepl
        import requests

        try:
            found = self._client.translate_text(
                list(texts),
                source_lang=source.partition("-")[0],
                target_lang=target,
                glossary=self.glossary or None,
                formality=self.formality or None,
                model_type=self.model_type or None,
                tag_handling="xml",
                ignore_tags=[self.markup.element],
                outline_detection=False,
                split_sentences="0",
                preserve_formatting=True,
            )
        except requests.RequestException as error:
            raise trouble_of(error) from None
        except (deepl.DeepLException, TypeError, AttributeError) as error:  # the client expects what it should get
            raise Trouble(f"the answer is not DeepL's: {error}") from None
        return [result.text for result in found]

    @cached_property
    def _client(self) -> Any:
        import deepl

        [key] = self._keys()
        client = deepl.DeepLClient(key, server_url=self.base_url or None, send_platform_info=False)
        client._client = _once(self.timeout)
        return client


def _once(timeout: float) -> Any:
    """DeepL's HTTP client without its attempts, which no budget counts, and with the headers of errors."""
    import deepl
    import requests

    class Once(deepl.http_client.HttpClient):  # type: ignore[misc,name-defined,unused-ignore]
        def request_with_backoff(  # type: ignore[no-untyped-def]
            self, method, url, data, json, headers, stream=False, **more
        ):
            request = self._prepare_request(method, url, data, json, headers, **more)
            response = self._session.send(request, timeout=timeout, allow_redirects=False)
            if response.status_code >= 300:
                raise requests.HTTPError(response=response)
            response.encoding = "utf-8"
            return response.status_code, response.text

    return Once(send_platform_info=False)
