"""Reports are frozen once their period is over: what comes later changes none; a correction is a further edition.

Every edition stays, with the reason of the later ones. What stands in one is computed here and nowhere again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import Database, insert_rows, new_id
from portal.errors import ConflictError, Fault, InvalidError, NotFoundError, StaleRowError
from portal.escalation import duty
from portal.kinds.table import KINDS, queue_label
from portal.kpi.books.models import NOTE_LENGTH, REASON_LENGTH, PeriodReport
from portal.kpi.figures import computing, periods
from portal.kpi.figures.periods import Grain, Period
from portal.kpi.figures.shapes import Figures
from portal.kpi.figures.sources import Scope
from portal.notify import outbox
from portal.notify.events import Event
from portal.reports import sealing
from portal.sensitive_text.free_text import text_fault

AFTER = timedelta(minutes=10)  # past midnight: what was written at the very end is there
COURSE = {Grain.WEEK: 8, Grain.MONTH: 12}  # how many periods a course shows
ALL = ""  # the queue of a report over all of them
FIRST_EDITION = 1
Json = dict[str, Any]


class MadeAlreadyError(ConflictError):
    """A further edition must be asked for, with a reason."""

    code = "made_already"

    def __init__(self, period: Period, queue: str) -> None:
        super().__init__(f"{title_of(period.grain.value)}（{period.label}，{queue_words(queue)}）已经做过")


class NotOverError(ConflictError):
    """The figures of a period are still growing."""

    def __init__(self, period: Period) -> None:
        super().__init__(f"{period.label}还没有过完，第二天 00:10 之后才能做")


def title_of(grain: str) -> str:
    """《客服周度分析报告》 and its sister."""
    return "客服周度分析报告" if grain == Grain.WEEK else "客服月度分析报告"


def queue_words(queue: str) -> str:
    return queue_label(queue) if queue else "全部队列"


def every_queue() -> list[str]:
    """All together, then each."""
    return [ALL, *(kind.value for kind in KINDS)]


def queues_of(queue: str) -> tuple[str, ...]:
    """The queues that a report is about; raises NotFoundError for an unknown one."""
    if queue == ALL:
        return tuple(kind.value for kind in KINDS)
    if queue not in every_queue():
        raise NotFoundError
    return (queue,)


def is_over(period: Period, now: datetime) -> bool:
    return now >= period.until + AFTER


def editions(session: Session, period: Period, queue: str) -> Sequence[PeriodReport]:
    """The newest first."""
    mine = select(PeriodReport).where(PeriodReport.period == period.name, PeriodReport.queue == queue)
    return session.scalars(mine.order_by(PeriodReport.edition.desc())).all()


def newest(session: Session, period: Period, queue: str) -> PeriodReport | None:
    return next(iter(editions(session, period, queue)), None)


def freeze(database: Database, actor: Actor, period: Period, queue: str, reason: str | None = None) -> PeriodReport:
    """Make the report of a period.

    Args:
        reason: why there is a further edition; None where there must be none yet.

    Raises:
        NotOverError, MadeAlreadyError: also if another process was faster. InvalidError: a reason that is none.
    """
    now = clock.now()
    queues = queues_of(queue)
    if not is_over(period, now):
        raise NotOverError(period)
    kept = "" if reason is None else _checked("reason", reason, "请写明为什么重做", REASON_LENGTH)
    with database.read() as session:
        if reason is None and newest(session, period, queue) is not None:
            raise MadeAlreadyError(period, queue)
        content = content_of(session, Scope(period, queues, now), queue)
    try:
        return database.run(lambda session: _insert(session, actor, period, queue, content, kept, reason is not None))
    except IntegrityError:
        raise MadeAlreadyError(period, queue) from None


def _insert(
    session: Session, actor: Actor, period: Period, queue: str, content: Json, reason: str, is_again: bool
) -> PeriodReport:
    last = session.scalar(
        select(func.max(PeriodReport.edition)).where(PeriodReport.period == period.name, PeriodReport.queue == queue)
    )
    if last is not None and not is_again:
        raise MadeAlreadyError(period, queue)
    row = PeriodReport(
        id=new_id(), grain=period.grain.value, period=period.name, queue=queue, edition=(last or 0) + 1,
        figures=content, reason=reason, made_at=clock.now(), made_by_id=actor.user_id, made_by=actor.label, note="",
        noted_by="", noted_at=None, version=1,
    )  # fmt: skip
    insert_rows(session, row)
    if queue and period.grain is Grain.WEEK and not is_again:
        people = [user.id for user in duty.leads_of(session, queue)]
        outbox.add(session, Event.WEEKLY_REPORT, period.name, by=actor.user_id, to=people)
    trail.record(session, Tag.BOOK_FROZEN, actor, particulars=_told(row, period), reason=reason or None)
    return row


def _told(row: PeriodReport, period: Period) -> trail.Particulars:
    return {"period": period.label, "queues": list(queues_of(row.queue)), "edition": row.edition}


def write_note(session: Session, actor: Actor, period: Period, queue: str, note: str, version: int) -> PeriodReport:
    """What leads say about the newest edition.

    Raises:
        NotFoundError: nothing was frozen. StaleRowError: written by somebody else since `version`. InvalidError.
    """
    mine = select(PeriodReport).where(PeriodReport.period == period.name, PeriodReport.queue == queue)
    row = session.scalars(mine.order_by(PeriodReport.edition.desc()).limit(1).with_for_update()).first()
    if row is None:
        raise NotFoundError
    if row.version != version:
        raise StaleRowError
    text = _checked("note", note, "", NOTE_LENGTH)
    if text != row.note:
        row.note, row.noted_by, row.noted_at = text, actor.label, clock.now()
        row.version += 1
        trail.record(session, Tag.BOOK_NOTED, actor, particulars=_told(row, period))
    return row


def _checked(name: str, text: str, missing: str, most: int) -> str:
    """Raises InvalidError: blank where it must not be, too long, unstorable, or with a secret in it."""
    fault = text_fault(text, field=name, missing=missing, most=most)
    if fault:
        raise InvalidError([fault])
    if spans := sealing.stopping_spans(text):
        labels = "、".join(sealing.labels_of(spans))
        raise InvalidError([Fault(name, "sensitive_text", f"里面像是有{labels}，请去掉")])
    return text.strip()


def content_of(session: Session, scope: Scope, queue: str) -> Json:
    """The figures with those of the period before beside them, and their course over the last ones."""
    found = computing.compute(session, scope)
    before, is_frozen = _before(session, scope, queue)
    content = _compared(found, before).as_json()
    content["before"] = {
        "period": scope.period.before.name, "label": scope.period.before.label, "calendar": before.get("calendar", {}),
        "is_frozen": is_frozen,
    }  # fmt: skip
    content["label"] = scope.period.label
    content["course"] = [*_course(session, scope.period, queue), _point(scope.period, content)]
    return content


def _before(session: Session, scope: Scope, queue: str) -> tuple[Json, bool]:
    """As it was frozen; computed where it was not."""
    frozen = newest(session, scope.period.before, queue) if scope.period.grain is not Grain.DAYS else None
    if frozen is not None:
        return frozen.figures, True
    return computing.compute(session, replace(scope, period=scope.period.before)).as_json(), False


def _compared(found: Figures, before: Json) -> Figures:
    figures = {one["name"]: one for one in before["figures"]}
    rows = {(one["name"], row["key"]): row["count"] for one in before["breakdowns"] for row in one["rows"]}
    known = {one["name"] for one in before["breakdowns"]}
    return replace(
        found,
        figures=[
            replace(one, before=figures[one.name]["value"], before_n=figures[one.name]["n"])
            if one.name in figures else one
            for one in found.figures
        ],
        breakdowns=[
            replace(one, rows=[replace(row, before=rows.get((one.name, row.key), 0)) for row in one.rows])
            if one.name in known else one
            for one in found.breakdowns
        ],
    )  # fmt: skip


def _course(session: Session, period: Period, queue: str) -> list[Json]:
    """The frozen ones before, the oldest first; a gap stays one."""
    wanted, one = [], period
    for _ in range(COURSE.get(period.grain, 1) - 1):
        one = one.before
        wanted.append(one)
    rows = session.scalars(
        select(PeriodReport)
        .where(PeriodReport.period.in_([found.name for found in wanted]), PeriodReport.queue == queue)
        .order_by(PeriodReport.edition)
    )
    frozen = {row.period: row.figures for row in rows}  # the last edition of each
    return [_point(found, frozen[found.name]) for found in reversed(wanted) if found.name in frozen]


def _point(period: Period, content: Json) -> Json:
    values = {figure["name"]: [figure["value"], figure["n"]] for figure in content["figures"]}
    return {"period": period.name, "values": values}


def named(text: str, grain: Grain) -> Period:
    """A period by its name; raises NotFoundError for any other text."""
    period = periods.read(text)
    if period is None or period.grain is not grain:
        raise NotFoundError
    return period
