"""Finds the values of a table whose head names them: 姓名, 账号 and 密码 over rows of values."""

import re
from collections.abc import Generator, Iterator

from portal.sensitive_text.labels import HAN, LABEL, NOTE
from portal.sensitive_text.spans import Hit, SpanKind
from portal.sensitive_text.values import is_ordinary

_LONGEST_ROW = 400
_LONGEST_HEAD = 14
_SEPARATORS = (re.compile(r"\t"), re.compile(r"\|"), re.compile("[,，]"), re.compile(" {2,}"), re.compile(" "))
_OF_NUMBERS = {
    SpanKind.ID_NUMBER: re.compile("(?:患者|居民)?(?:身[份分][证證]|[证證]件)(?:号码?|號碼?)?"),
    SpanKind.INPATIENT_NUMBER: re.compile("(?:住院|病案|病[历歷]|门诊|門診)(?:号码?|號碼?|编号)"),
    SpanKind.PHONE: re.compile("(?:联系|聯繫)?(?:电话|電話|手机号?码?|手機號?碼?)"),
}
_HEAD = re.compile(r"[号户號戶码碼证證令名话話机機](?=[ \t|,，\n(（【])")  # how a head ends
_SEPARATED = re.compile(r"[^ \t|,，][ \t|,，]+[^ \t|,，]")
_SECRET = re.compile(rf"[{HAN}·]{{0,8}}[!-~]{{2,200}}")
_LETTER_OR_DIGIT = re.compile("[A-Za-z0-9]")
_NUMBER = re.compile(r"(?=[A-Za-z\-_]{0,12}[0-9])[0-9A-Za-z\-_×]{3,40}")
_NOTE_AT_END = re.compile(rf"{NOTE}\Z")

Cell = tuple[int, int]  # where it begins and ends in the text, without blanks


def find_columns(text: str) -> Iterator[Hit]:
    at = 0
    while head := _HEAD.search(text, at):
        start = text.rfind("\n", max(0, head.start() - _LONGEST_ROW), head.start()) + 1
        end = _line_end(text, head.end())
        at = end
        if end < len(text) and end - start <= _LONGEST_ROW and _SEPARATED.search(text, start, end):
            at = yield from _rows_below(text, start, end)


def _rows_below(text: str, start: int, end: int) -> Generator[Hit, None, int]:
    """The hits of the table with this head; where it ends."""
    for separator in _SEPARATORS:
        heads = _cells(text, start, end, separator)
        kinds = [_kind_of(text[cell[0] : cell[1]]) for cell in heads]
        if len(heads) > 1 and any(kinds):
            break
    else:
        return end
    at = end
    while at < len(text):
        row_end = _line_end(text, at + 1)
        cells = _cells(text, at + 1, row_end, separator) if row_end - at <= _LONGEST_ROW else []
        if len(cells) != len(heads) or any(_kind_of(text[cell[0] : cell[1]]) for cell in cells):
            return at
        for kind, (first, last) in zip(kinds, cells, strict=True):
            if kind and _can_be(kind, text[first:last]):
                yield Hit(first, last, kind)
        at = row_end
    return at


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _cells(text: str, start: int, end: int, separator: re.Pattern[str]) -> list[Cell]:
    """The cells of a line; a frame of bars has none outside it."""
    cells, at = [], start
    for between in separator.finditer(text, start, end):
        cells.append((at, between.start()))
        at = between.end()
    cells.append((at, end))
    trimmed = [_trimmed(text, *cell) for cell in cells]
    if separator.pattern in (r"\|", " ", " {2,}"):
        trimmed = [cell for cell in trimmed if cell[0] < cell[1]]
    return trimmed


def _trimmed(text: str, start: int, end: int) -> Cell:
    while start < end and text[start] in " \t":
        start += 1
    while end > start and text[end - 1] in " \t":
        end -= 1
    return start, end


def _kind_of(head: str) -> SpanKind | None:
    """What a column holds, by its head."""
    if not head or len(head) > _LONGEST_HEAD:
        return None
    word = _NOTE_AT_END.sub("", head).rstrip(" :")
    label = LABEL.search(word)
    if label and label.end() == len(word):
        return SpanKind.LOGIN_PASSWORD if (label.lastgroup or "").endswith("password") else SpanKind.LOGIN_ACCOUNT
    return next((kind for kind, words in _OF_NUMBERS.items() if words.fullmatch(word)), None)


def _can_be(kind: SpanKind, cell: str) -> bool:
    if is_ordinary(cell):
        return False
    form = _SECRET if kind in (SpanKind.LOGIN_ACCOUNT, SpanKind.LOGIN_PASSWORD) else _NUMBER
    return form.fullmatch(cell) is not None and _LETTER_OR_DIGIT.search(cell) is not None
