"""Blobs as objects of an S3-compatible store: `PORTAL_UPLOADS=s3://bucket/prefix`."""

import base64
import functools
import hashlib
import logging
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import botocore.session  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.configprovider import ConstantProvider  # type: ignore[import-untyped]
from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.exceptions import ConnectionError as LineError

from portal.errors import StorageUnavailableError
from portal.sentences import said
from portal.settings import Settings
from portal.storage.blobs import BlobMissingError

_log = logging.getLogger("portal")
_KEY = re.compile(r"[0-9a-f]{32}")
_ADDRESS = re.compile(r"s3://([^/]+)/?(.*)")
_FULL = ("InsufficientStorage", "InsufficientCapacity", "QuotaExceeded", "XMinioStorageFull", "EntityTooLarge", "507")
_ABSENT = ("NoSuchKey", "404")
_EXISTS = ("PreconditionFailed", "412")
_UNCONDITIONAL = ("NotImplemented", "501")
# What may be over in a moment, by code or status; a conflict: an earlier try of the same object is still under way.
_PASSING = (
    "SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "ConditionalRequestConflict",
    "429", "500", "502", "503", "504",
)  # fmt: skip
_TRIES, _SECONDS, _PATIENCE_SECONDS = 3, 10, 12
_SUM = "sha256"
_PROBE, _MARK = "writable", "store"
_BLOCK = 1 << 16
_CONTENT_SECONDS = 20
Result = TypeVar("Result")


class S3BlobStore:
    """`<prefix>/<key>`. An object is written once and never over another (`If-None-Match`).

    A store answers only once an object is durable, so `put` needs no second step. Calls are tried three times, as long
    as that takes no half minute: then a report is refused in a sentence and not left hanging.
    """

    def __init__(self, settings: Settings) -> None:
        found = _ADDRESS.fullmatch(settings.uploads)
        if not found:
            raise ValueError("not an address of a bucket")
        self.bucket = found[1]
        self.prefix = f"{found[2].strip('/')}/" if found[2].strip("/") else ""
        self._settings = settings
        self._client = _client(settings, tries=1, seconds=_SECONDS)
        self._impatient = _client(settings, tries=1, seconds=3)

    mark_seconds = 30.0

    def prepare(self, *, may_make: bool = True) -> None:
        """Write a small object. The bucket is never made here: a wrong name must not become a new store.

        Raises:
            StorageUnavailableError: what is wrong, for the person at the command line.
        """
        try:
            _patiently(lambda: self._client.put_object(Bucket=self.bucket, Key=self.prefix + _PROBE, Body=b""))
        except (ClientError, BotoCoreError) as error:
            raise StorageUnavailableError(_what_is_wrong(error, self.bucket)) from error
        if self._keeps_versions():
            raise StorageUnavailableError(said("bucket_keeps", bucket=self.bucket))

    def put(self, key: str, data: bytes) -> None:
        """Durable on return. A second try after a lost answer finds its own object and is content with it."""
        name = self._name(key)
        sent = {
            "Bucket": self.bucket,
            "Key": name,
            "Body": data,
            "ContentMD5": base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode(),
            "Metadata": {_SUM: hashlib.sha256(data).hexdigest()},
        }
        with _translated("附图暂时不能保存，请稍后再试", "存储空间不足，附图没有保存，请稍后再试"):
            try:
                _patiently(lambda: self._client.put_object(**sent, IfNoneMatch="*"))
            except ClientError as error:
                code = _code(error)
                if code in _UNCONDITIONAL:
                    _patiently(lambda: self._client.put_object(**sent))  # keys are random: nothing is written over
                elif code not in _EXISTS or self._read(name) != data:
                    raise

    def get(self, key: str) -> bytes:
        """Read a blob. What does not match its checksum is read once more; then the seal judges it.

        Raises:
            BlobMissingError: there is no such object.
            StorageUnavailableError: temporarily unreadable.
        """
        name = self._name(key)
        with _translated("附图暂时不能读取，请稍后再试"):
            return self._read(name)

    def delete(self, key: str) -> None:
        """Remove a blob. A missing one is not an error."""
        with _translated("附图暂时不能删除，请稍后再试"):
            _patiently(lambda: self._client.delete_object(Bucket=self.bucket, Key=self._name(key)))

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Every blob with the time it was written, by the clock of the store; other objects are not ours."""
        with _translated("附图存储暂时不能列出，请稍后再试"):
            listing = _client(self._settings, tries=3, seconds=_SECONDS).get_paginator("list_objects_v2")
            for page in listing.paginate(Bucket=self.bucket, Prefix=self.prefix):
                for found in page.get("Contents", ()):
                    key = found["Key"].removeprefix(self.prefix)
                    if _KEY.fullmatch(key):
                        yield key, found["LastModified"].astimezone(UTC)

    def is_writable(self) -> bool:
        """Writes a small object, with little patience."""
        try:
            self._impatient.put_object(Bucket=self.bucket, Key=self.prefix + _PROBE, Body=b"")
        except (ClientError, BotoCoreError):
            return False
        return True

    def mark(self) -> bytes | None:
        """The content of the mark; None if there is none."""
        try:
            with _translated("附图存储暂时不能读取，请稍后再试"):
                return _patiently(lambda: self._read_once(self.prefix + _MARK)[0])
        except BlobMissingError:
            return None

    def put_mark(self, content: bytes) -> None:
        """One object beside the blobs."""
        with _translated("附图存储暂时不能保存，请稍后再试"):
            _patiently(lambda: self._client.put_object(Bucket=self.bucket, Key=self.prefix + _MARK, Body=content))

    def _keeps_versions(self) -> bool:
        """Then a deleted picture would stay (SECURITY J-1). Some stores do not know the question."""
        try:
            return bool(self._client.get_bucket_versioning(Bucket=self.bucket).get("Status") == "Enabled")
        except (ClientError, BotoCoreError):
            return False

    def _read(self, name: str) -> bytes:
        began = time.monotonic()
        data, is_whole = _patiently(lambda: self._read_once(name))
        if is_whole or time.monotonic() - began > _PATIENCE_SECONDS:
            return data
        return self._read_once(name)[0]

    def _read_once(self, name: str) -> tuple[bytes, bool]:
        """The content, and whether it matches its checksum."""
        end = time.monotonic() + _CONTENT_SECONDS
        found = self._client.get_object(Bucket=self.bucket, Key=name)
        data = bytearray()
        for block in found["Body"].iter_chunks(_BLOCK):
            data += block
            if time.monotonic() > end:
                raise ReadTimeoutError(endpoint_url=self.bucket)
        return bytes(data), found["Metadata"].get(_SUM) in (None, hashlib.sha256(data).hexdigest())

    def _name(self, key: str) -> str:
        if not _KEY.fullmatch(key):
            raise ValueError("not a blob key")
        return self.prefix + key


def _patiently(call: Callable[[], Result]) -> Result:
    """`call`, and again if what stood in its way may be over in a moment and there is time left."""
    end = time.monotonic() + _PATIENCE_SECONDS
    for left in reversed(range(_TRIES)):
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            if not left or not _is_passing(error) or time.monotonic() > end:
                raise
        time.sleep(random.uniform(0.1, 0.5) * (_TRIES - left))  # noqa: S311  (spreads retries, needs no secrecy)
    raise AssertionError  # the last call returns or raises


def _is_passing(error: Exception) -> bool:
    if isinstance(error, ClientError):
        status = str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
        return _code(error) in _PASSING or (status in _PASSING and _code(error) not in _FULL)
    return isinstance(error, HTTPClientError | IncompleteReadError | LineError)  # the line, also within the content


def _client(settings: Settings, *, tries: int, seconds: int) -> Any:
    """Nothing but these settings decides where it goes: no profile, no instance role, no proxy of the environment."""
    return _session().create_client(
        "s3",
        endpoint_url=settings.s3_endpoint or None,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key,
        aws_session_token=settings.s3_session_token or None,
        config=Config(
            connect_timeout=min(seconds, 5),
            read_timeout=seconds,
            retries={"total_max_attempts": tries, "mode": "standard"},
            max_pool_connections=32,
            proxies={},
            ignore_configured_endpoint_urls=True,
            # Many compatible stores do not know the newer checksums; Content-MD5 they all do.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@functools.cache
def _session() -> Any:
    """Reads a megabyte of service descriptions: once a process."""
    session = botocore.session.Session()
    for name, value in (("profile", None), ("config_file", os.devnull), ("credentials_file", os.devnull)):
        session.get_component("config_store").set_config_provider(name, ConstantProvider(value))
    return session


def _code(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def _what_is_wrong(error: Exception, bucket: str) -> str:
    code = _code(error)
    if code == "NoSuchBucket":
        return said("bucket_none", bucket=bucket)
    if code in ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403"):
        return said("bucket_keys", bucket=bucket)
    if code in _FULL:
        return said("bucket_full", bucket=bucket)
    if code:
        return said("bucket_refuses", bucket=bucket, code=code)
    return said("bucket_away")


@contextmanager
def _translated(sentence: str, when_full: str = "") -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        if _code(error) in _ABSENT:
            raise BlobMissingError from error
        _log.warning("附图存储: %s", _code(error) or type(error).__name__)
        if when_full and _code(error) in _FULL:
            raise StorageUnavailableError(when_full, 507) from error
        raise StorageUnavailableError(sentence) from error
