"""Azure Translator, by its own client; its key is read from AZURE_TRANSLATOR_KEY."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from pydantic import Field

from babelset.engines.paid.faults import QUOTA, Trouble
from babelset.engines.paid.service import Paid

USED_UP = "403001"  # the free quota of the subscription


class Azure(Paid):
    """
    Translate with Azure Translator.

    >>> Azure(region="westeurope", max_characters=500_000)
    >>> Azure(base_url="https://mine.cognitiveservices.azure.com", deployment="my-custom-model")
    """

    service: ClassVar[str] = "azure"
    client: ClassVar[str] = "azure.ai.translation.text"
    variables: ClassVar[Sequence[str]] = ("AZURE_TRANSLATOR_KEY",)
    most_size: ClassVar[int] = 50_000  # characters; and 1,000 texts
    operational: ClassVar[frozenset[str]] = Paid.operational | {"region"}

    region: str = Field("", description="of the resource, where it is a regional one")
    deployment: str = Field("", description="a model of one's own (Custom Translator), which holds its glossary")

    def send(self, texts: Sequence[str], source: str, target: str) -> Sequence[str]:
        from azure.ai.translation.text.models import TranslateInputItem, TranslationTarget
        from azure.core import exceptions

        to = [TranslationTarget(language=target, deployment_name=self.deployment or None)]
        asked = [TranslateInputItem(text=text, text_type="Html", language=source, targets=to) for text in texts]
        try:
            found = self._client.translate(asked)
            return [one.translations[0].text for one in found]
        except exceptions.HttpResponseError as error:
            raise _trouble(error) from None
        except exceptions.ServiceRequestError:
            raise Trouble("the service cannot be reached", unsent=True) from None
        except exceptions.AzureError as error:
            raise Trouble(f"the connection broke: {type(error).__name__}") from None
        except (TypeError, ValueError, AttributeError, IndexError, KeyError) as error:
            raise Trouble(f"the answer is not Azure's: {error}") from None

    @cached_property
    def _client(self) -> Any:
        from azure.ai.translation.text import TextTranslationClient
        from azure.core.credentials import AzureKeyCredential

        [key] = self._keys()
        address = {"endpoint": self.base_url.rstrip("/")} if self.base_url else {}
        return TextTranslationClient(
            credential=AzureKeyCredential(key),
            region=self.region or None,
            retry_total=0,
            permit_redirects=False,
            connection_timeout=self.timeout,
            read_timeout=self.timeout,
            **address,
        )


def _trouble(error: Any) -> Trouble:
    response, status = error.response, error.status_code or 0
    said = getattr(error.error, "message", "") or error.message or error.reason
    if str(getattr(error.error, "code", "")) == USED_UP:
        status = QUOTA
    return Trouble(str(said), status, response.headers if response is not None else None)
