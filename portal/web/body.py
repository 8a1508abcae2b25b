"""Parses posted forms in memory, within limits."""

import codecs
import re
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from portal.errors import PortalError
from portal.web.context import parts_of
from portal.web.receiving import BodyTooLargeError, received

MAX_TEXT_BODY = 1024 * 1024
MAX_TYPED_BODY = 256 * 1024  # the longest texts of one step of a form
MAX_UPLOAD_BODY = 64 * 1024 * 1024
MAX_PARTS = 1000  # beyond it reading stops; 300 ID numbers still get the rule's own sentence
MAX_FIELDS = 200  # different names
MAX_SAME = 100  # values of one name
MAX_FILES = 24  # contents; further files are counted
MAX_SAME_FILES = 12
MAX_CHARACTERS = 40_000  # of one text: the rest is dropped, and no rule takes so much
_MAX_FIELD_BYTES = 4 * MAX_CHARACTERS


# Old programs send a Chinese file name only in this form, against RFC 7578, 4.2.
_ONLY_EXTENDED_NAME = re.compile(rb"^(?!.*;[ \t]*filename=).*;[ \t]*filename\*=", re.IGNORECASE | re.DOTALL)


class TooManyPartsError(PortalError):
    """More parts than any form has."""

    status = 413

    def __init__(self) -> None:
        super().__init__(f"一次提交的栏目太多，最多 {MAX_FIELDS} 栏。请减少后重新提交")


@dataclass(frozen=True)
class Upload:
    """One uploaded file; its name is never used as a path and its repr shows no content.

    `is_over`: one file more than are read; only that it was sent is known.
    """

    filename: str
    content: bytes = field(repr=False)
    is_over: bool = False


class PostedForm:
    """Text fields and files by name, bounded in number and length. The repr shows no value."""

    def __init__(self, fields: list[tuple[str, str]], files: list[tuple[str, Upload]]) -> None:
        if len({name for name, _ in fields}) > MAX_FIELDS or len(fields) + len(files) > MAX_PARTS:
            raise TooManyPartsError
        self._fields = [(name, text[:MAX_CHARACTERS]) for name, text in fields]
        self._files = files

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in self._fields if key == name), default)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self._fields if key == name][:MAX_SAME]

    def number(self, name: str) -> int:
        """A small whole number; 0, which is no version and no count, if it is unreadable."""
        text = self.get(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self._fields)

    def with_values(self, values: Mapping[str, str]) -> "PostedForm":
        """The same form with other texts in these fields."""
        kept = [(name, text) for name, text in self._fields if name not in values]
        return PostedForm([*kept, *values.items()], self._files)

    def files(self, name: str) -> list[Upload]:
        """The files of a slot; an empty file input counts as none."""
        return [upload for key, upload in self._files if key == name and (upload.filename or upload.content)]

    def all_names(self) -> list[str]:
        """Names of the text fields and files, each once."""
        return list(dict.fromkeys(name for name, _ in (*self._fields, *self._files)))

    def names(self) -> Iterator[str]:
        """Names of the text fields, in order."""
        return (key for key, _ in self._fields)


class _MemoryParser(MultiPartParser):
    """Keeps what the rules can need and only counts the rest, so that the rules speak and not the parser."""

    # Starlette spools files over 1 MiB to a plain temp file; screenshots are larger. The body is capped instead.
    spool_max_size = MAX_UPLOAD_BODY * 2

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None]) -> None:
        super().__init__(headers, stream, max_files=MAX_PARTS, max_fields=MAX_PARTS)
        self.over: set[int] = set()  # places in `items` of the files that are not read
        self._kept_files: Counter[str] = Counter()
        self._parts = 0
        self._text_bytes = 0

    def on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise TooManyPartsError
        super().on_part_begin()

    def on_headers_finished(self) -> None:
        part = self._current_part
        if part.content_disposition is not None and _ONLY_EXTENDED_NAME.search(part.content_disposition):
            part.content_disposition += b'; filename=""'  # the name is never used; that it is a file matters
        super().on_headers_finished()
        if part.file is not None:
            self._kept_files[part.field_name] += 1
            if self._kept_files[part.field_name] > MAX_SAME_FILES or self._kept_files.total() > MAX_FILES:
                self.over.add(len(self.items))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is None:
            end = min(end, start + _MAX_FIELD_BYTES - len(self._current_part.data))
            self._text_bytes += max(0, end - start)
            if self._text_bytes > MAX_TEXT_BODY:
                raise BodyTooLargeError
        elif len(self.items) in self.over:
            return
        if end > start:
            super().on_part_data(data, start, end)

    def on_part_end(self) -> None:
        part = self._current_part
        if part.file is None:
            is_cut = len(part.data) >= _MAX_FIELD_BYTES
            # Otherwise it would be decoded as Latin-1. A cut text may end within a sign.
            text = codecs.getincrementaldecoder("utf-8")().decode(bytes(part.data), final=not is_cut)
            part.data = bytearray(text.encode())
        super().on_part_end()


async def read_form(request: Request, max_body: int = MAX_TEXT_BODY) -> PostedForm:
    """Parse a urlencoded or multipart body.

    Raises:
        BodyTooLargeError: over `max_body` bytes. TooManyPartsError: over MAX_PARTS parts or MAX_FIELDS names.
        BusyError: too many bodies at once.
        PortalError: the body is malformed, of another type, or came too slowly.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    is_multipart = kind == "multipart/form-data"
    limit = max_body if is_multipart else min(max_body, MAX_TEXT_BODY)
    try:
        async with received(request, parts_of(request).bodies, limit) as chunks:
            if is_multipart:
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
    parser = _MemoryParser(request.headers, chunks)
    form = await parser.parse()
    try:
        fields: list[tuple[str, str]] = []
        files: list[tuple[str, Upload]] = []
        for place, (name, value) in enumerate(form.multi_items()):
            if isinstance(value, UploadFile):
                is_over = place in parser.over
                files.append((name, Upload(value.filename or "", await value.read(), is_over)))
                await value.close()  # else each file is in memory twice
            else:
                fields.append((name, value))
    finally:
        await form.close()
    return PostedForm(fields, files)


def _urlencoded(body: bytes) -> PostedForm:
    if body.count(b"&") >= MAX_PARTS:
        raise TooManyPartsError
    return PostedForm(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"), [])


def as_uuid(text: str) -> uuid.UUID | None:
    """An id, or None if the text is not one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
