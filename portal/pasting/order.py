"""The spec's numbered list without its words: 1、高唐县… 2、打不开… 5、sfdg 123456. Pure."""

import re
from collections.abc import Sequence
from itertools import pairwise

from portal.kinds.table import Kind
from portal.pasting import labels
from portal.pasting.labels import CREDENTIALS, PAIR, PATIENT, PICTURES, Label

_CIRCLED, _CHINESE = "①②③④⑤⑥⑦⑧⑨", "一二三四五六七八九"
_PLAIN = rf"[(]?(?P<plain>[1-9{_CHINESE}])(?:[)、]|[ \t]?[.,，:](?![0-9]))"
_NUMBERED = re.compile(rf"^[ \t]{{0,20}}(?:{_PLAIN}|(?P<circled>[{_CIRCLED}]))[ \t]{{0,8}}", re.MULTILINE)
# Numbers of steps stand before anything; these look like what the spec asks at their place.
_TELLING = ("institution", "id_number", PAIR, PATIENT)
_LEAST_TELLING = 2


def complete(text: str, kind: Kind, found: Sequence[Label]) -> list[Label]:
    """The labels of a folded text, with one more for every numbered line of the spec that has none (REQUIREMENTS A14).

    Only where each number of the spec stands once and in order (that of the pictures may be missing), no field is
    announced elsewhere, and two of the values look like what the spec asks there. Otherwise `found` as it is.
    """
    items = [_name(names, kind) for names in kind.spec_items]
    lines = list(_NUMBERED.finditer(text))
    numbers = [_number(line) for line in lines]
    wanted = [n for n, name in enumerate(items, 1) if name != PICTURES or n in numbers]
    if numbers != wanted:
        return list(found)
    ends = [after.start() for _, after in pairwise(lines)] + [len(text)]
    added: list[Label] = []
    telling = 0
    for number, line, end in zip(numbers, lines, ends, strict=True):
        name = items[number - 1]
        own = next((label for label in found if line.start() <= label.start < line.end()), None)
        elsewhere = {one for x in found if not line.start() <= x.start < end for one in _fields(x.name)}
        if _fields(name) & elsewhere or (own and not _fields(own.name) & _fields(name)):
            return list(found)
        if own is None:
            added += _labels(text, name, line, end)
        telling += name in _TELLING and (own is not None or labels.looks_like(text, name, line.end(), end))
    return sorted([*found, *added], key=lambda label: label.start) if telling >= _LEAST_TELLING else list(found)


def _labels(text: str, name: str, line: re.Match[str], end: int) -> list[Label]:
    both = labels.account_and_password(text, line.end(), end) if name == PAIR else None
    if both is None:
        return [Label(line.start(), line.end(), name)]
    account, password = CREDENTIALS
    return [Label(line.start(), both.start("first"), account), Label(both.end("first"), both.start("second"), password)]


def _number(line: re.Match[str]) -> int:
    sign = line["plain"] or line["circled"]
    return int(sign) if sign.isascii() else max(_CIRCLED.find(sign), _CHINESE.find(sign)) + 1


def _name(names: Sequence[str], kind: Kind) -> str:
    if kind.field(names[0]).is_picture:
        return PICTURES
    return next((name for name, fields in labels.PAIRS.items() if fields == names), names[0])


def _fields(name: str) -> set[str]:
    return set(labels.PAIRS.get(name, (name,)))
