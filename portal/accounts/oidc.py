"""Client of the OpenID provider in the settings: the only outgoing connections of this package.

Addresses come from the settings and the provider's discovery document, never from a request.
"""

import io
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from portal import clock
from portal.accounts.id_token import (
    TokenRefusedError,
    UnknownKeyError,
    check_access_token,
    checked_subject,
    signed_claims,
)
from portal.errors import PortalError
from portal.setting_addresses import is_loopback
from portal.settings import Settings

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
    from requests import Response

RETURN_PATH = "/sign-in/oidc/return"
Answer = TypeVar("Answer")
_logger = logging.getLogger("portal.accounts")
_CONNECT_SECONDS, _READ_SECONDS, _WHOLE_ANSWER_SECONDS = 3, 5, 8
_LARGEST_ANSWER = 256 * 1024
_KEEP_SECONDS = 3600
# An unknown key may be new or invented: the keys are fetched again, but not for every token.
_KEYS_AGAIN_SECONDS = 30
_AFTER_FAILURE_SECONDS = 5
# The most threads that a hanging provider may block; clinics need the others.
_MOST_AT_ONCE = 8


class ProviderUnavailableError(PortalError):
    """The provider does not respond, or its response makes no sense. Passwords still work."""

    status = 503

    def __init__(self) -> None:
        super().__init__("暂时连接不上单位的账号系统，请稍后再试，或输入用户名和密码登录")


class Secrets(Protocol):
    """The values that tie a response to one sign-in."""

    @property
    def state(self) -> str: ...
    @property
    def nonce(self) -> str: ...
    @property
    def verifier(self) -> str: ...


@dataclass(frozen=True)
class _CachedDocument:
    content: Mapping[str, Any]
    fetched_at: float

    def is_fresh(self, seconds: float) -> bool:
        return time.monotonic() - self.fetched_at < seconds


class Provider:
    """One OpenID provider. Its discovery document and keys are cached for an hour, per process."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = settings.oidc_issuer
        self._client_id, self._client_secret = settings.oidc_client_id, settings.oidc_client_secret
        self._redirect_uri = settings.base_url + RETURN_PATH
        self._is_loopback = is_loopback(urlsplit(self.issuer).hostname or "")
        self._slots = threading.BoundedSemaphore(_MOST_AT_ONCE)
        self._lock = threading.Lock()
        self._cache: dict[str, _CachedDocument] = {}
        self._failed_at: float | None = None

    def address(self, secrets: Secrets) -> str:
        """Where the browser signs in: authorization code flow with PKCE (RFC 7636), state and nonce.

        Raises:
            ProviderUnavailableError: the discovery document is unavailable.
        """
        endpoint = self._endpoint("authorization_endpoint")
        with self._session() as session:
            address, _ = session.create_authorization_url(
                endpoint, state=secrets.state, nonce=secrets.nonce, code_verifier=secrets.verifier
            )
        return str(address)

    def subject(self, code: str, issuer: str, secrets: Secrets) -> str:
        """Exchanges the code from the browser for the provider's subject of the user.

        Args:
            issuer: the `iss` of the response (RFC 9207), or "".

        Raises:
            TokenRefusedError: the code or token is not acceptable.
            ProviderUnavailableError: the provider cannot be reached.
        """
        announced = bool(self._metadata().get("authorization_response_iss_parameter_supported"))
        if issuer != self.issuer and (issuer or announced):
            raise TokenRefusedError("response-iss")
        response = self._exchange(code, secrets.verifier)
        claims, algorithm = self._claims(response.get("id_token"))
        subject = checked_subject(
            claims,
            issuer=self.issuer,
            client_id=self._client_id,
            nonce=secrets.nonce,
            now=clock.now().timestamp(),
        )
        check_access_token(claims, algorithm, response.get("access_token"))
        return subject

    def log_refusal(self, request_id: str, error: TokenRefusedError) -> None:
        """Log which check failed; nothing of the response itself."""
        _logger.warning("%s the answer of the OpenID provider is refused: %s", request_id, error.reason)

    def _exchange(self, code: str, verifier: str) -> Mapping[str, Any]:
        from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]  # noqa: PLC0415

        endpoint = self._endpoint("token_endpoint")
        with self._within_slots(), self._session() as session:
            try:
                return self._request(
                    lambda: dict(
                        session.fetch_token(
                            endpoint, grant_type="authorization_code", code=code, code_verifier=verifier
                        )
                    )
                )
            except OAuthError as error:
                _logger.warning("the OpenID provider refused a code: %s", _loggable(error.error))
                raise TokenRefusedError("code") from None

    def _claims(self, token: object) -> tuple[dict[str, Any], str]:
        try:
            return signed_claims(token, self._keys(_KEEP_SECONDS))
        except UnknownKeyError:
            return signed_claims(token, self._keys(_KEYS_AGAIN_SECONDS))

    def _keys(self, keep_seconds: float) -> list[Mapping[str, Any]]:
        keys = self._document(self._endpoint("jwks_uri"), keep_seconds, _holds_keys)["keys"]
        return [key for key in keys if isinstance(key, dict)]

    def _metadata(self) -> Mapping[str, Any]:
        address = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        return self._document(address, _KEEP_SECONDS, self._is_own)

    def _is_own(self, document: Mapping[str, Any]) -> bool:
        if document.get("issuer") == self.issuer:
            return True
        _logger.error("the discovery document of %s names another issuer", self.issuer)
        return False

    def _endpoint(self, name: str) -> str:
        address = self._metadata().get(name)
        parts = urlsplit(address) if isinstance(address, str) else None
        is_safe = parts and (parts.scheme == "https" or (parts.scheme == "http" and self._is_loopback))
        is_plain = parts and parts.hostname and not parts.fragment
        # It is sent in one of our headers, so it must not contain anything that ends a header.
        if not is_safe or not is_plain or not re.fullmatch(r"[!-~]{1,500}", str(address)):
            _logger.error("the discovery document of %s gives no safe %s", self.issuer, name)
            raise ProviderUnavailableError
        return str(address)

    def _document(
        self, address: str, keep_seconds: float, is_good: Callable[[Mapping[str, Any]], bool]
    ) -> Mapping[str, Any]:
        """A document from the cache, or fetched; one that is not good is never kept."""
        cached = self._cache.get(address)
        if cached and cached.is_fresh(keep_seconds):
            return cached.content
        with self._within_slots(), self._lock:  # one thread fetches, the others use its result
            cached = self._cache.get(address)
            if cached and cached.is_fresh(keep_seconds):
                return cached.content
            with self._session() as session:
                content: Any = self._request(lambda: session.get(address, withhold_token=True).json())
            if not isinstance(content, dict) or not is_good(content):
                raise ProviderUnavailableError
            self._cache[address] = _CachedDocument(content, time.monotonic())
            return content

    def _session(self) -> "OAuth2Session":
        """A client for one exchange: responses are bounded in size and time, redirects are not followed."""
        from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415

        session = OAuth2Session(
            self._client_id,
            self._client_secret,
            scope="openid",
            redirect_uri=self._redirect_uri,
            token_endpoint_auth_method=self._client_authentication(),
            code_challenge_method="S256",
            default_timeout=(_CONNECT_SECONDS, _READ_SECONDS),
        )
        session.max_redirects = 0
        session.hooks["response"].append(_read_whole)
        # Uses the proxy and CA bundle of the environment, except for a provider on this machine.
        session.trust_env = not self._is_loopback
        return session

    def _client_authentication(self) -> str:
        metadata = self._cache.get(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        methods = metadata.content.get("token_endpoint_auth_methods_supported") if metadata else None
        is_post_only = (
            isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods
        )
        return "client_secret_post" if is_post_only else "client_secret_basic"

    @contextmanager
    def _within_slots(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise ProviderUnavailableError
        try:
            yield
        finally:
            self._slots.release()

    def _request(self, send: Callable[[], Answer]) -> Answer:
        """One request; backs off briefly after a failure."""
        from requests import RequestException  # noqa: PLC0415
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        failed_at = self._failed_at
        if failed_at is not None and time.monotonic() - failed_at < _AFTER_FAILURE_SECONDS:
            raise ProviderUnavailableError
        try:
            response = send()
        except (RequestException, HTTPError, OSError, ValueError, TypeError, RecursionError) as error:
            self._failed_at = time.monotonic()
            _logger.warning("the OpenID provider cannot be asked: %s", type(error).__name__)
            raise ProviderUnavailableError from None
        self._failed_at = None
        return response


def provider_of(settings: Settings) -> Provider | None:
    """None where users sign in with passwords only."""
    return Provider(settings) if settings.oidc_issuer else None


def _read_whole(response: "Response", **_: object) -> "Response":
    """Read the whole response here, up to a size and a time, so that a slow provider does not block for long."""
    deadline = time.monotonic() + _WHOLE_ANSWER_SECONDS
    body = b""
    while part := response.raw.read1(65536, decode_content=True):
        body += part
        if len(body) > _LARGEST_ANSWER or time.monotonic() > deadline:
            response.close()
            raise ValueError("too large or too slow")
    response.raw.release_conn()
    response.raw = io.BytesIO(body)
    return response


def _holds_keys(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("keys"), list)


def _loggable(text: object) -> str:
    """An OAuth error code that is safe to log: it cannot forge a line (SECURITY D-15)."""
    return "".join(char for char in str(text) if char.isascii() and (char.isalnum() or char == "_"))[:40]
