"""The real names of provinces, prefectures and counties, and traditional characters in their simplified form."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LONGEST_DIVISION = 20
_FOLDER = Path(__file__).parent
_SUFFIXES = ("维吾尔自治区", "特别行政区", "壮族自治区", "回族自治区", "自治区", "地区", "省", "市", "盟")


@dataclass(frozen=True)
class Divisions:
    """Full names; `above`: of provinces and prefectures. `short`: those without 省, 市 and the like (山东, 聊城)."""

    counties: frozenset[str]
    prefectures: frozenset[str]
    above: frozenset[str]
    short: frozenset[str]


@cache
def divisions() -> Divisions:
    lists: dict[str, set[str]] = {}
    for line in _lines("divisions.txt"):
        if line.startswith("["):
            names = lists.setdefault(line.strip("[]"), set())
        else:
            names.add(line)
    above = lists["provinces"] | lists["prefectures"]
    short = {_short(name) for name in above} - {""}
    return Divisions(*map(frozenset, (lists["counties"], lists["prefectures"], above, short)))


def name_at(names: frozenset[str], text: str, at: int) -> str:
    """The longest of these names that begins there, or ""."""
    return next((text[at : at + n] for n in range(LONGEST_DIVISION, 1, -1) if text[at : at + n] in names), "")


def simplified(text: str) -> str:
    """Traditional characters one by one as simplified ones; a simplified text stays as it is."""
    return text.translate(_simplified_forms())


@cache
def _simplified_forms() -> dict[int, str]:
    return {ord(pair[0]): pair[1] for line in _lines("traditional.txt") for pair in line.split()}


def _short(name: str) -> str:
    suffix = next((suffix for suffix in _SUFFIXES if name.endswith(suffix)), "")
    return name.removesuffix(suffix) if suffix and len(name) - len(suffix) >= 2 else ""


def _lines(name: str) -> Iterator[str]:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))
