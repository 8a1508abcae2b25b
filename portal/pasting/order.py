"""The spec's numbered list without labels: 1、高唐县… 2、打不开… 5、sfdg 123456. Pure."""

import re
from collections.abc import Sequence
from itertools import pairwise

from portal.kinds.table import Kind
from portal.pasting import labels
from portal.pasting.labels import CREDENTIALS, PAIR, PATIENT, PICTURES, Label

_CIRCLED, _CHINESE = "①②③④⑤⑥⑦⑧⑨", "一二三四五六七八九"
_PLAIN = rf"[(]?(?P<plain>[1-9{_CHINESE}])(?:[)、]|[ \t]?[.,，:](?![0-9]))"
_NUMBERED = re.compile(rf"^[ \t]{{0,20}}(?:{_PLAIN}|(?P<circled>[{_CIRCLED}]))[ \t]{{0,8}}", re.MULTILINE)
# A numbered list may also be steps. Values of these fields are distinctive enough to tell.
_DISTINCTIVE = ("institution", "id_number", PAIR, PATIENT)
_LEAST_DISTINCTIVE = 2


def complete(text: str, kind: Kind, found: Sequence[Label]) -> list[Label]:
    """The labels of a folded text, with one added for every unlabelled line of the spec's list (REQUIREMENTS A14).

    Only if each number of the spec occurs once and in order (the pictures may be missing), no field is labelled outside
    its line, and two of the values look like what the spec asks there. Otherwise returns `found`.
    """
    items = [_name(names, kind) for names in kind.spec_items]
    lines = list(_NUMBERED.finditer(text))
    numbers = [_number(line) for line in lines]
    expected = [n for n, name in enumerate(items, 1) if name != PICTURES or n in numbers]
    if numbers != expected:
        return list(found)
    ends = [after.start() for _, after in pairwise(lines)] + [len(text)]
    added: list[Label] = []
    distinctive = 0
    for number, line, end in zip(numbers, lines, ends, strict=True):
        name = items[number - 1]
        own_label = next((label for label in found if line.start() <= label.start < line.end()), None)
        elsewhere = {one for x in found if not line.start() <= x.start < end for one in _fields(x.name)}
        if _fields(name) & elsewhere or (own_label and not _fields(own_label.name) & _fields(name)):
            return list(found)
        if own_label is None:
            added += _labels(text, name, line, end)
        distinctive += name in _DISTINCTIVE and (
            own_label is not None or labels.looks_like(text, name, line.end(), end)
        )
    return sorted([*found, *added], key=lambda label: label.start) if distinctive >= _LEAST_DISTINCTIVE else list(found)


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
