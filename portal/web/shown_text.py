"""What people typed, as pages show it: characters that turn the text around are marked, control characters left out.

Of the characters of direction only those that turn a text are marked; the others, which phones put around numbers,
change nothing on these pages and are left out.

Stored text stays as it is, and so does text in a box: whoever edits it sends back what was typed (without control
characters, which nobody could find). Jinja calls `shown` for every value that a template prints; `EditedText` finds the
boxes.
"""

import re
from collections.abc import Iterable
from typing import Any

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from portal.sensitive_text.free_text import CONTROL_CHARACTERS

_TURNING = "\u061c\u200f\u202b\u202e\u2067\u2068"
_OTHER_DIRECTIONS = "\u200e\u202a\u202c\u202d\u2066\u2069"
_MARKED = dict.fromkeys(map(ord, _TURNING), "〔反向符〕") | dict.fromkeys(map(ord, _OTHER_DIRECTIONS), "")
_DIRECTIONS = re.compile(f"[{_TURNING}{_OTHER_DIRECTIONS}]")

_BOX = re.compile(r"<(/?)textarea\b", re.IGNORECASE)
_VALUE = re.compile(r"""\svalue=["']\Z""", re.IGNORECASE)


class Edited(str):
    """A text in a box of a form."""

    __slots__ = ()


def edited(value: Any) -> Any:
    """Filter of a value in a box of a form."""
    return Edited(value) if type(value) is str else value


def shown(value: Any) -> Any:
    """The value as a page prints it; markup and all that is no text stay as they are."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    if value.isprintable():  # most values: none of these characters is
        return value
    if CONTROL_CHARACTERS.search(value):
        value = type(value)(CONTROL_CHARACTERS.sub("", value))
    if isinstance(value, Edited) or not _DIRECTIONS.search(value):
        return value
    return value.translate(_MARKED)


class EditedText(Extension):
    """Passes what a template prints inside a text area or an attribute `value` through `edited`."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        is_in_box = is_edited = False
        for token in stream:
            if token.type == "data":
                boxes = _BOX.findall(token.value)
                is_in_box = boxes[-1] == "" if boxes else is_in_box
                is_edited = is_in_box or _VALUE.search(token.value) is not None
            yield from _wrapped(token) if is_edited else (token,)


def _wrapped(token: Token) -> Iterable[Token]:
    if token.type == "variable_end":
        yield from (Token(token.lineno, *part) for part in (("rparen", ")"), ("pipe", "|"), ("name", "edited")))
    yield token
    if token.type == "variable_begin":
        yield Token(token.lineno, "lparen", "(")
