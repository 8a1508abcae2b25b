"""Parses posted forms in memory, within limits."""

import re
import uuid
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from portal.errors import PortalError
from portal.web.context import parts_of
from portal.web.receiving import received

MAX_TEXT_BODY = 1024 * 1024
MAX_UPLOAD_BODY = 64 * 1024 * 1024
MAX_FILES = 24
MAX_FIELDS = 200
MAX_FIELD_BYTES = 256 * 1024


# Old programs send a Chinese file name only in this form, against RFC 7578, 4.2.
_ONLY_EXTENDED_NAME = re.compile(rb"^(?!.*;[ \t]*filename=).*;[ \t]*filename\*=", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Upload:
    """One uploaded file; its name is never used as a path and its repr shows no content."""

    filename: str
    content: bytes = field(repr=False)


class PostedForm:
    """Text fields and files by name. The repr shows no value."""

    def __init__(self, fields: list[tuple[str, str]], files: list[tuple[str, Upload]]) -> None:
        self._fields = fields
        self._files = files

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in self._fields if key == name), default)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self._fields if key == name]

    def number(self, name: str) -> int:
        """A small whole number; 0, which is no version and no count, if it is unreadable."""
        text = self.get(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self._fields)

    def files(self, name: str) -> list[Upload]:
        """The files of a slot; an empty file input counts as none."""
        return [upload for key, upload in self._files if key == name and (upload.filename or upload.content)]

    def names(self) -> Iterator[str]:
        """Names of the text fields, in order."""
        return (key for key, _ in self._fields)


class _MemoryParser(MultiPartParser):
    # Starlette spools files over 1 MiB to a plain temp file; screenshots are larger. The body is capped instead.
    spool_max_size = MAX_UPLOAD_BODY * 2

    def on_headers_finished(self) -> None:
        part = self._current_part
        if part.content_disposition is not None and _ONLY_EXTENDED_NAME.search(part.content_disposition):
            part.content_disposition += b'; filename=""'  # the name is never used; that it is a file matters
        super().on_headers_finished()

    def on_part_end(self) -> None:
        if self._current_part.file is None:
            bytes(self._current_part.data).decode()  # otherwise it would be decoded as Latin-1
        super().on_part_end()


async def read_form(request: Request, max_body: int = MAX_TEXT_BODY) -> PostedForm:
    """Parse a urlencoded or multipart body.

    Raises:
        BodyTooLargeError: over `max_body` bytes.
        BusyError: too many bodies at once.
        PortalError: the body is malformed, of another type, or came too slowly.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    try:
        async with received(request, parts_of(request).bodies, max_body) as chunks:
            if kind == "multipart/form-data":
                return await _multipart(request, chunks)
            if kind in ("application/x-www-form-urlencoded", ""):
                return _urlencoded(b"".join([chunk async for chunk in chunks]))
    except UnicodeDecodeError as error:
        raise PortalError("文字的编码不是 UTF-8，收到的是乱码，所以没有保存。请用浏览器打开本页填写") from error
    except (MultiPartException, ValueError, KeyError) as error:
        raise PortalError("提交的内容不完整，请返回重新提交") from error
    except ClientDisconnect as error:
        raise PortalError("连接中断，内容没有传完，请重新提交") from error
    raise PortalError("提交的内容格式不对，请在页面上填写后提交", 415)


async def _multipart(request: Request, chunks: AsyncGenerator[bytes, None]) -> PostedForm:
    parser = _MemoryParser(
        request.headers, chunks, max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES
    )
    form = await parser.parse()
    try:
        fields: list[tuple[str, str]] = []
        files: list[tuple[str, Upload]] = []
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files.append((name, Upload(value.filename or "", await value.read())))
                await value.close()  # else each file is in memory twice
            else:
                fields.append((name, value))
    finally:
        await form.close()
    return PostedForm(fields, files)


def _urlencoded(body: bytes) -> PostedForm:
    pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    return PostedForm(pairs, [])


def as_uuid(text: str) -> uuid.UUID | None:
    """An id, or None if the text is not one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
