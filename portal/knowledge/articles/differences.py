"""What one version of an article changed against the one before."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.kinds.table import KINDS
from portal.knowledge.articles.models import ArticleVersion
from portal.knowledge.articles.texts import LABELS

_QUEUES = {kind.name.value: kind.label for kind in KINDS.values()}


class Change(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Difference:
    """One part that differs, by lines in the order of the text."""

    label: str
    lines: Sequence[tuple[Change, str]]


def between(before: ArticleVersion | None, after: ArticleVersion) -> list[Difference]:
    """None where there is nothing before."""
    if before is None:
        return []
    parts = ((label, _words(before, name), _words(after, name)) for name, label in LABELS.items())
    return [Difference(label, list(_lines(old, new))) for label, old, new in parts if old != new]


def _words(version: ArticleVersion, name: str) -> str:
    if name == "is_public":
        return "机构可见" if version.is_public else "仅内部"
    if name == "queue":
        return _QUEUES.get(version.queue or "", "全部队列")
    return str(getattr(version, name))


def _lines(before: str, after: str) -> Iterator[tuple[Change, str]]:
    old, new = before.splitlines(), after.splitlines()
    for kind, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from ((Change.SAME, line) for line in old[old_from:old_to])
        else:
            yield from ((Change.REMOVED, line) for line in old[old_from:old_to])
            yield from ((Change.ADDED, line) for line in new[new_from:new_to])
