"""Versions of the score's rules: a month counts with the version that is valid on its first day, for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import insert_rows
from portal.errors import ConflictError, Fault, InvalidError
from portal.kpi.score import rules, words
from portal.kpi.score.models import ScorePolicy
from portal.kpi.score.months import Month
from portal.kpi.score.rules import Rules


class StalePolicyError(ConflictError):
    code = "stale"

    def __init__(self, newest: int) -> None:
        super().__init__(f"刚刚有人改过考核办法，现在是第 {newest} 版。请核对后再保存")


@dataclass(frozen=True)
class Policy:
    """One version."""

    version: int
    valid_from: date
    rules: Rules
    note: str
    made_by_name: str


def of_month(session: Session, month: Month) -> Policy:
    """The version for a month; what was made later than its first day counts for a later one."""
    valid = select(ScorePolicy).where(ScorePolicy.valid_from <= month.first)
    row = session.scalars(valid.order_by(ScorePolicy.valid_from.desc(), ScorePolicy.version.desc()).limit(1)).one()
    return _policy(row)


def of_version(session: Session, version: int) -> Policy:
    return _policy(session.get_one(ScorePolicy, version))


def every(session: Session) -> Sequence[Policy]:
    """The newest first."""
    return [_policy(row) for row in session.scalars(select(ScorePolicy).order_by(ScorePolicy.version.desc()))]


def make(session: Session, actor: Actor, newest_seen: int, wanted: Rules, valid_from: str, note: str) -> Policy:
    """Add the next version; it counts from the first day of a month that has not begun.

    Raises:
        InvalidError: every fault at once. StalePolicyError: somebody made a version meanwhile.
    """
    standing.require(session, actor)
    newest = session.scalars(
        select(ScorePolicy).order_by(ScorePolicy.version.desc()).limit(1).with_for_update()
    ).one()  # fmt: skip
    if newest.version != newest_seen:
        raise StalePolicyError(newest.version)
    month, faults = Month.read(valid_from), rules.faults_of(wanted)
    if month is None or month.first <= clock.china_today():
        faults.append(Fault("valid_from", "invalid", "请选择还没有开始的月份，已经开始的月份仍按原来的办法"))
    said = words.tried(faults, note, "note", "请写明为什么改，工程师看得到", rules.MOST_NOTE)
    if faults or month is None:
        raise InvalidError(faults)
    metrics, grades, terms = wanted.as_json()
    row = ScorePolicy(
        version=newest.version + 1, valid_from=month.first, metrics=metrics, grades=grades, terms=terms,
        made_by_id=actor.user_id, made_by_name=actor.label, made_at=clock.now(), note=said,
    )  # fmt: skip
    insert_rows(session, row)
    told: trail.Particulars = {"score_policy": row.version, "month": month.name}
    trail.record(session, Tag.SCORE_POLICY_MADE, actor, particulars=told)
    return _policy(row)


def newest_version(session: Session) -> int:
    return session.scalar(select(func.max(ScorePolicy.version))) or 0


def _policy(row: ScorePolicy) -> Policy:
    found = Rules.from_json(row.metrics, row.grades, row.terms)
    return Policy(row.version, row.valid_from, found, row.note, row.made_by_name)
