"""
Google Cloud Translation, by the client of its version 3.

Its key is the file that GOOGLE_APPLICATION_CREDENTIALS names.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from babelset.engines.paid.faults import Trouble
from babelset.engines.paid.http import said_in, trouble_of
from babelset.engines.paid.service import Paid
from babelset.errors import ConfigError

SCOPE = "https://www.googleapis.com/auth/cloud-translation"


class Google(Paid):
    """
    Translate with Google Cloud Translation.

    >>> Google(max_characters=500_000)                                        # the project is that of the key
    >>> Google(project="my-project", location="us-central1", glossary="terms")
    """

    service: ClassVar[str] = "google"
    client: ClassVar[str] = "google.cloud.translate_v3"
    variables: ClassVar[Sequence[str]] = ("GOOGLE_APPLICATION_CREDENTIALS",)
    most_size: ClassVar[int] = 30_000  # code points; and 1,024 texts
    operational: ClassVar[frozenset[str]] = Paid.operational | {"project"}

    project: str = Field("", description="by default that of the key")
    location: str = Field("global", description="glossaries and models of one's own are in another: us-central1")
    glossary: str = Field("", description="id of a glossary of the pair in that location")
    model: str = Field("", description="general/nmt by default, general/translation-llm, or the id of one's own")

    def send(self, texts: Sequence[str], source: str, target: str) -> Sequence[str]:
        import requests
        from google.api_core.exceptions import GoogleAPICallError
        from google.auth.exceptions import GoogleAuthError
        from google.protobuf.json_format import ParseError

        client, project = self._client
        parent = f"projects/{project}/locations/{self.location}"
        asked: dict[str, Any] = {
            "parent": parent,
            "contents": list(texts),
            "mime_type": "text/html",
            "source_language_code": source,
            "target_language_code": target,
        }
        if self.model:
            asked["model"] = f"{parent}/models/{self.model}"
        if self.glossary:
            asked["glossary_config"] = {"glossary": f"{parent}/glossaries/{self.glossary}"}
        try:
            found = client.translate_text(request=asked, retry=None, timeout=self.timeout)
        except GoogleAPICallError as error:
            raise _trouble(error) from None
        except GoogleAuthError as error:
            raise _unknown(error) from None
        except requests.RequestException as error:
            raise trouble_of(error) from None
        except (ParseError, ValueError, TypeError, AttributeError) as error:  # JSON that is cut, or of another shape
            raise Trouble(f"the answer is not Google's: {error}") from None
        return [one.translated_text for one in (found.glossary_translations if self.glossary else found.translations)]

    @cached_property
    def _client(self) -> tuple[Any, str]:
        import google.auth
        from google.cloud import translate_v3
        from google.cloud.translate_v3.services.translation_service.transports import TranslationServiceRestTransport

        [file] = self._keys()
        try:
            credentials, project = google.auth.default(scopes=[SCOPE])
        except (google.auth.exceptions.GoogleAuthError, OSError, ValueError) as error:
            raise ConfigError(f"GOOGLE_APPLICATION_CREDENTIALS: {file} holds no key: {type(error).__name__}") from None
        if not (self.project or project):
            raise ConfigError("google: no project is known: -O project=NAME")
        address = urlsplit(self.base_url or "https://translate.googleapis.com")
        transport = TranslationServiceRestTransport(
            host=address.netloc, credentials=credentials, url_scheme=address.scheme, always_use_jwt_access=True
        )
        transport._session.max_redirects = 0  # what is asked goes to the address that the user knows
        transport._session._max_refresh_attempts = 0  # it repeats after 401, which no budget counts
        return translate_v3.TranslationServiceClient(transport=transport), str(self.project or project)


def _trouble(error: Any) -> Trouble:
    response = error.response
    if response is None:
        return Trouble(error.message, int(error.code or 0))
    return Trouble(said_in(response), response.status_code, response.headers)


def _unknown(error: Any) -> Trouble:
    """The key could not be exchanged: the service never saw the texts."""
    return Trouble(type(error).__name__, 0 if getattr(error, "retryable", False) else 401, unsent=True)
