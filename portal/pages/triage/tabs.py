"""The one box of the ticket page in which staff write: its tabs, from the acts that are placed there (DESK 3.8)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from portal.accounts.roles import Permission
from portal.acts.act import Place
from portal.pages.triage.offered import OfferedForm

# Tab, label, key, and the acts behind it in order: the first that is offered stands open, the others fold.
_TABS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("decision", "决定", "d", ("decide_escalation", "decide_void")),
    ("reply", "回复", "r", ("reply", "accept", "partial", "ask_draft")),
    ("note", "备注", "n", ("note", "call")),
    ("result", "处理结果", "e", ("resolve", "desk_answer", "close", "reopen")),
    ("ask", "请补充", "3", ("ask",)),
)
_KNOWN = frozenset(name for *_, names in _TABS for name in names)


@dataclass(frozen=True)
class Tab:
    """One tab; `is_chosen` at first. `first` stands open, the `others` are folds below it."""

    name: str
    label: str
    key: str
    first: OfferedForm
    others: Sequence[OfferedForm]
    is_chosen: bool


def tabs_of(offered: Mapping[Place, Sequence[OfferedForm]]) -> list[Tab]:
    """The tabs that have something to write; what no tab names stands behind the result's."""
    forms = offered[Place.WORK]
    found = []
    for name, label, key, names in _TABS:
        own = [form for each in names for form in forms if form.act.name == each]
        own += [form for form in forms if name == "result" and form.act.name not in _KNOWN]
        if own:
            found.append((name, label, key, own))
    chosen = _chosen([own for *_, own in found])
    return [Tab(name, label, key, own[0], own[1:], at == chosen) for at, (name, label, key, own) in enumerate(found)]


def _chosen(groups: Sequence[Sequence[OfferedForm]]) -> int:
    """Where something was begun or refused, else what waits for a decision, else where the ticket may go on."""
    wanted: tuple[Callable[[OfferedForm], bool], ...] = (
        lambda form: form.is_begun,
        lambda form: form.act.permission is Permission.DECIDE,
        lambda form: form.is_unfolded,
    )
    for is_wanted in wanted:
        at = next((at for at, own in enumerate(groups) if any(is_wanted(form) for form in own)), None)
        if at is not None:
            return at
    return 0
