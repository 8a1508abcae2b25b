r"""Sentences as people write them, with the secrets in them marked: `密码：{p|123456}`.

Kinds: a account, p password, i ID number, z 住院号, t phone, c another card or certificate. ID is a sound number, BAD
one with a wrong digit, OLD one of 15 digits, WID one in full width, TEL a mobile phone, LAND a landline; `ID/6-8-4`
writes it in groups, and CID, CTEL,
YTEL and OTEL are in Chinese numerals (一 or 幺, 零 or 〇). `\n`, `\t` and `\u200b` are what they are in Python. The set
was written before the patterns were tuned, and every third sentence is held back: nobody tunes anything by it. The
sentences of `…_later.txt` came from trying to slip past the patterns; those of `…_hands.txt` were written without
knowing them, and docs/security.md says how many of them were found the first time.
"""

import re
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

from tests.factories import people

FOLDER = Path(__file__).parent / "sentences"
_SECRET = re.compile(r"\{([aitpzc])\|(.*?)\}")
_ESCAPE = re.compile(r"\\(?:([nrt])|u([0-9a-f]{4}))")
_GROUP = re.compile(r"([0-9]+)([^0-9]*)")
_NUMERALS = {
    "C": str.maketrans("0123456789", "零一二三四五六七八九"),
    "Y": str.maketrans("0123456789", "零幺二三四五六七八九"),
    "O": str.maketrans("0123456789", "〇一二三四五六七八九"),
}
_FULL_WIDTH = {ord(char): ord(char) + 0xFEE0 for char in "0123456789X"}


@dataclass(frozen=True)
class Sentence:
    """The secrets are (kind, start, end) in the text."""

    text: str
    secrets: tuple[tuple[str, int, int], ...]
    is_held_back: bool


def sentences(name: str) -> list[Sentence]:
    first, *later = (
        (FOLDER / f"{name}{part}.txt").read_text("utf-8").splitlines() for part in ("", "_later", "_hands")
    )
    return [
        *(_sentence(line, number, number % 3 == 1) for number, line in enumerate(first)),
        *(_sentence(line, number, False) for number, line in enumerate(chain.from_iterable(later), len(first))),
    ]


def _sentence(line: str, number: int, is_held_back: bool) -> Sentence:
    text, at, secrets = "", 0, []
    for nth, found in enumerate(_SECRET.finditer(line)):
        text += _unescaped(line[at : found.start()])
        written = _written(found[2], 3 * number + nth)
        secrets.append((found[1], len(text), len(text) + len(written)))
        text, at = text + written, found.end()
    return Sentence(text + _unescaped(line[at:]), tuple(secrets), is_held_back)


def _written(value: str, seed: int) -> str:
    name, _, groups = value.partition("/")
    number = _number(name, seed) or _spoken(name, seed)
    if number is None:
        return _unescaped(value)
    parts, at = [], 0
    for size, between in _GROUP.findall(_unescaped(groups)) or [(len(number), "")]:
        parts += number[at : at + int(size)], between
        at += int(size)
    assert at == len(number), value
    return "".join(parts)


def _number(name: str, seed: int) -> str | None:
    sound = people.id_number(seed, born=date(1940 + seed % 60, 1 + seed % 12, 1 + seed % 28))
    if name == "BAD":
        place = (2, 3, 9, 13, 15, 17)[seed % 6]
        return sound[:place] + ("3" if sound[place] != "3" else "4") + sound[place + 1 :]
    return {
        "ID": sound, "OLD": sound[:6] + sound[8:17], "WID": sound.translate(_FULL_WIDTH), "TEL": people.phone(seed),
        "LAND": people.landline(seed).replace("-", ""),
    }.get(name)  # fmt: skip


def _spoken(name: str, seed: int) -> str | None:
    number = _number(name[1:], seed) if name in ("CID", "YID", "CTEL", "YTEL", "OTEL") else None
    return number.translate(_NUMERALS[name[0]]) if number else None


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: {"n": "\n", "r": "\r", "t": "\t"}.get(found[1]) or chr(int(found[2], 16)), text)
