"""A lead corrects a sheet, mostly because an objection is right; what it said before is kept (DESK 6.4, rule 6).

The figures are worked out again from the facts as they are now, under the month's own rules, without the cases that the
lead takes out and with those that the lead counts. Nobody types a figure. The corrected sheet is a draft like the
first one: its person looks at it and may object again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import insert_rows, new_id
from portal.errors import Fault, InvalidError
from portal.kpi.score import deciding, editions, making, policies, words
from portal.kpi.score.bands import METRIC_LABELS, Metric
from portal.kpi.score.cases import Case, Changes, Key
from portal.kpi.score.models import MonthlyScore, ScoreCase, ScoreCorrection
from portal.kpi.score.months import Month
from portal.kpi.score.names import Outcome, SheetState
from portal.kpi.score.reading import Sheet
from portal.kpi.score.team import Member
from portal.notify import outbox
from portal.notify.events import Event
from portal.tickets.models import Ticket

MOST_KEYS = 50  # of a figure, each way
_MOST_DAYS, _LONGEST_NUMBER = 23, 24
_MOST_DIGITS = 3  # of a round; Python refuses to read thousands of them
_KEPT = ("inputs", "points", "out_of", "grade", "remark", "status", "made_at", "objection", "objected_at", "answer",
         "answered_at", "published_at")  # fmt: skip


@dataclass(frozen=True)
class Correction:
    """As a lead gives it: all that is to be different from the facts, also what an earlier correction changed.

    Attributes:
        present: on how many working days the person was there; None as the facts say.
    """

    text: str
    left_out: Sequence[Key] = ()
    added: Sequence[Key] = ()
    present: int | None = None


def correct(session: Session, actor: Actor, month: Month, username: str, version: int, given: Correction) -> Sheet:
    """Compute the sheet again and put it in the place of what it said.

    Raises:
        InvalidError: no reason, a case that is not there, or nothing would be different.
        ConflictError: the sheet has changed. ForbiddenError: one's own.
    """
    found = deciding.of_colleague(session, actor, month, username, version)
    row, person = found.row, found.user
    faults: list[Fault] = []
    reason = words.tried(faults, given.text, "text", "请写明更正了什么、为什么，本人会看到", deciding.MOST_TEXT)
    faults += _unreadable(session, actor, given)
    if faults:
        raise InvalidError(faults)
    changes = Changes(given.left_out, given.added)
    rules = policies.of_version(session, row.policy_version).rules
    whole = making.team_of(session, month)
    member = next((one for one in whole.members if one.user_id == person.id), Member(person.id))
    if given.present is not None:
        member = replace(member, present=given.present)
    computed, listed = making.compute(session, whole, member, rules, changes)
    kept = ScoreCorrection(
        id=new_id(), score_id=row.id, edition=row.edition, cases=_cases(session, row), reason=reason,
        left_out=_listed(given.left_out), added=_listed(given.added), by_id=actor.user_id, by_name=actor.label,
        at=clock.now(), **{name: getattr(row, name) for name in _KEPT},
    )  # fmt: skip
    _replace(session, row, kept)
    row.edition += 1
    making.fill(session, row, computed, rules, f"更正后的第 {row.edition} 版")
    rows = making.rows_of(row, listed)
    if faults := _without_effect(given, listed) or _unchanged(kept, row, rows):
        raise InvalidError(faults)
    insert_rows(session, *rows)
    deciding.write(session, actor, row, Tag.SCORE_CORRECTED, found, edition=row.edition)
    outbox.add(session, Event.SCORE_CORRECTED, row.month, by=actor.user_id, to=[row.user_id])
    return found


def read_keys(faults: list[Fault], metric: Metric, field: str, typed: str) -> list[Key]:
    """Cases as people type them: numbers with blanks or commas between, `/2` behind one for its second round."""
    keys = []
    for word in typed.replace("，", " ").replace(",", " ").replace("、", " ").split():
        number, slash, round = word.partition("/")
        is_round = round.isascii() and round.isdecimal() and len(round) <= _MOST_DIGITS and int(round) > 0
        if slash and not is_round:
            faults.append(Fault(field, "invalid", "第几次处理请写在斜线后面，比如 RC2026110001/2"))
            return []
        keys.append(Key(metric, number.upper()[:_LONGEST_NUMBER], int(round) if slash else None))
    return keys


def typed_keys(stored: Iterable[Sequence[object]], metric: Metric) -> str:
    """What `read_keys` reads, of a correction's `left_out` or `added`."""
    named = [(number, round) for name, number, round in stored if name == metric.value]
    return " ".join(f"{number}/{round}" if round else f"{number}" for number, round in named)


def _unreadable(session: Session, actor: Actor, given: Correction) -> list[Fault]:
    """Too many of them, a number of days that no month has, and what is added of queues that the lead has not."""
    faults = []
    for part, keys in (("left_out", given.left_out), ("added", given.added)):
        for metric in Metric:
            if sum(key.metric is metric for key in keys) > MOST_KEYS:
                faults.append(Fault(f"{metric.value}.{part}", "too_many", f"一次最多写 {MOST_KEYS} 件"))
    if given.present is not None and not 0 <= given.present <= _MOST_DAYS:
        faults.append(Fault("present", "invalid", f"在岗工作日请填 0 到 {_MOST_DAYS}"))
    numbers = {key.number for key in given.added if key.metric is not Metric.KNOWLEDGE}
    query = select(Ticket.number).where(Ticket.number.in_(numbers), Ticket.queue.in_(list(actor.queues)))
    seen = set(session.scalars(query)) if numbers else set()
    for key in given.added:
        if key.metric is not Metric.KNOWLEDGE and key.number not in seen:
            faults.append(Fault(f"{key.metric.value}.added", "not_found", f"没有找到 {key.number}"))
    return faults


def _without_effect(given: Correction, listed: dict[Metric, list[Case]]) -> list[Fault]:
    """Every case that is named must be one of the figure."""
    faults = []
    for key in given.left_out:
        if not any(key.is_of(case) and case.outcome == Outcome.LEFT_OUT.value for case in listed[key.metric]):
            faults.append(_not_there(key, "left_out", "没有算在内"))
    for key in given.added:
        if not any(key.is_of(case) and (case.is_counted or case.incident_id) for case in listed[key.metric]):
            faults.append(_not_there(key, "added", "这个月不能算在内"))
    return faults


def _not_there(key: Key, part: str, why: str) -> Fault:
    name = f"{key.number}/{key.round}" if key.round else key.number
    return Fault(f"{key.metric.value}.{part}", "not_counted", f"{name} 在{METRIC_LABELS[key.metric]}里{why}")


def _unchanged(kept: ScoreCorrection, row: MonthlyScore, rows: Sequence[ScoreCase]) -> list[Fault]:
    if row.inputs == kept.inputs and [editions.as_json(one) for one in rows] == kept.cases:
        return [Fault("present", "unchanged", "这样更正，各项数值和每一件都和现在一样；只是答复异议的，请用“提交答复”")]
    return []


def _replace(session: Session, row: MonthlyScore, kept: ScoreCorrection) -> None:
    """The kept edition is written, and the sheet is a draft that nobody has looked at."""
    insert_rows(session, kept)
    session.execute(delete(ScoreCase).where(ScoreCase.score_id == row.id))
    row.status, row.seen_at = SheetState.DRAFT.value, None
    row.objection, row.objected_at = "", None
    row.answer, row.answered_by_id, row.answered_at = "", None, None
    row.published_by_id, row.published_at = None, None


def _cases(session: Session, row: MonthlyScore) -> list[list[object]]:
    mine = select(ScoreCase).where(ScoreCase.score_id == row.id)
    order = {metric.value: place for place, metric in enumerate(Metric)}
    found = sorted(session.scalars(mine), key=lambda one: (order[one.metric], one.position))
    return [editions.as_json(one) for one in found]


def _listed(keys: Iterable[Key]) -> list[list[object]]:
    return [[key.metric.value, key.number, key.round] for key in keys]
