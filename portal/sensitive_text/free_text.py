"""The only check of free texts: present, not too long, and storable (DESK 0.6, rule 4)."""

import re

from portal.errors import Fault, InvalidError
from portal.sensitive_text.folding import folded

MOST_CHARACTERS = 5000
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
# All control characters but the tab and the line ends.
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def is_blank(text: str) -> bool:
    """Only blanks, ideographic spaces and invisible characters (SECURITY A-1)."""
    return not folded(text).text.strip()


def unstorable(text: str) -> bool:
    """Control characters and lone surrogates: some databases cannot store all of them, and nobody sees them
    (SECURITY A-10).
    """
    return CONTROL_CHARACTERS.search(text) is not None or _SURROGATES.search(text) is not None


def text_fault(text: str, *, field: str, missing: str = "", most: int = MOST_CHARACTERS) -> Fault | None:
    """`missing` is the message for a blank text; "" if the text may be blank."""
    if unstorable(text):
        return Fault(field, "invalid", "文字里有看不见的控制字符，已经去掉，请核对后再提交")
    if is_blank(text):
        return Fault(field, "required", missing) if missing else None
    if len(text.strip()) > most:
        return Fault(field, "too_long", f"最多 {most} 个字，现在是 {len(text.strip())} 个")
    return None


def checked_text(text: str, *, field: str = "text", missing: str = "", most: int = MOST_CHARACTERS) -> str:
    """The text without outer blanks.

    Raises:
        InvalidError: see `text_fault`.
    """
    fault = text_fault(text, field=field, missing=missing, most=most)
    if fault:
        raise InvalidError([fault])
    return "" if is_blank(text) else text.strip()
