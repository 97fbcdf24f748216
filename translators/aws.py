"""Amazon Translate, by boto3; its keys are read from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import Field

from babelset.engines.paid.faults import Trouble
from babelset.engines.paid.service import Paid
from babelset.errors import ConfigError

TOKEN = "AWS_SESSION_TOKEN"  # of keys that are lent for a time
STATUS = {  # what AWS says with 400, as others would say it
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "IncompleteSignature": 403,
    "InvalidSignatureException": 403,
    "MissingAuthenticationTokenException": 403,
    "SubscriptionRequiredException": 403,
    "UnrecognizedClientException": 403,
    "ResourceNotFoundException": 404,
    "UnsupportedLanguagePairException": 404,
    "TextSizeLimitExceededException": 413,
    "LimitExceededException": 429,
    "ProvisionedThroughputExceededException": 429,
    "RequestLimitExceeded": 429,
    "Throttling": 429,
    "ThrottlingException": 429,
    "TooManyRequestsException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}


class AWS(Paid):
    """
    Translate with Amazon Translate.

    >>> AWS(region="eu-west-1", max_characters=500_000)
    >>> AWS(region="eu-west-1", glossary="my-terminology", formality="FORMAL")
    """

    service: ClassVar[str] = "aws"
    client: ClassVar[str] = "boto3"
    variables: ClassVar[Sequence[str]] = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    most_texts: ClassVar[int] = 1
    most_size: ClassVar[int] = 10_000  # bytes
    operational: ClassVar[frozenset[str]] = Paid.operational | {"region"}

    region: str = Field("", description="by default that of AWS_REGION or AWS_DEFAULT_REGION")
    glossary: str = Field("", description="name of a custom terminology")
    formality: Literal["", "FORMAL", "INFORMAL"] = Field("", description="where the language has it")

    def size(self, text: str) -> int:
        return len(text.encode())

    def send(self, texts: Sequence[str], source: str, target: str) -> Sequence[str]:
        from botocore import exceptions

        [text] = texts
        more: dict[str, Any] = {"TerminologyNames": [self.glossary]} if self.glossary else {}
        if self.formality:
            more["Settings"] = {"Formality": self.formality}
        try:
            found = self._client.translate_text(Text=text, SourceLanguageCode=source, TargetLanguageCode=target, **more)
            return [found["TranslatedText"]]
        except exceptions.ClientError as error:
            raise _trouble(error.response) from None
        except (exceptions.EndpointConnectionError, exceptions.ConnectTimeoutError):
            raise Trouble("the service cannot be reached", unsent=True) from None
        except exceptions.ParamValidationError as error:
            raise Trouble(str(error), 400) from None
        except exceptions.BotoCoreError as error:
            raise Trouble(f"the connection broke, or the answer is not Amazon's: {type(error).__name__}") from None
        except (KeyError, TypeError, AttributeError):
            raise Trouble("the answer is not Amazon's") from None

    def _secrets(self) -> list[str]:
        return [*super()._secrets(), *filter(None, [os.environ.get(TOKEN)])]

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        key, secret, *token = self._keys()
        region = self.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if not region:
            raise ConfigError("aws: no region is known: -O region=eu-west-1")
        return boto3.session.Session(key, secret, *token, region_name=region).client(
            "translate",
            endpoint_url=self.base_url or None,
            config=Config(
                connect_timeout=self.timeout,
                read_timeout=self.timeout,
                retries={"total_max_attempts": 1, "mode": "standard"},
                max_pool_connections=self.concurrency,
            ),
        )


def _trouble(response: Any) -> Trouble:
    error, meta = response.get("Error", {}), response.get("ResponseMetadata", {})
    code = str(error.get("Code", ""))
    said = f"{code}: {error.get('Message', '')}"
    return Trouble(said, STATUS.get(code, meta.get("HTTPStatusCode", 0)), meta.get("HTTPHeaders"))
