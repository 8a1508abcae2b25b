"""What people do with the books of the demo's history: notes on reports, sheets, samples of replies, what they read."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.audit.actor import Actor
from portal.demo.people import ENGINEERS, LEADS, STAFF
from portal.demo.stage import Office, Stage, Told
from portal.errors import InvalidError
from portal.escalation import alerts, own_alerts
from portal.kpi.books import freezing
from portal.kpi.figures import periods
from portal.kpi.score import correcting, deciding, quality
from portal.kpi.score.correcting import Correction
from portal.kpi.score.models import MonthlyScore
from portal.kpi.score.months import Month
from portal.kpi.score.names import SheetState
from portal.notify import notices

_NOTES = (
    "随访类问题占了三分之一，已请产品部门核对保存校验",
    "周一上午集中来电，下周起早班加一人",
    "医保结算超时集中在周三，是中心网络调整",
    "不满意的两条都是等得太久，先给机构一个时间",
)
_OBJECTION = "有两条是交给我以前就超时的，请核对"


def reading(stage: Stage) -> Told:
    """Each morning people read what they were told, and acknowledge what alerted them."""
    while True:
        yield Office(9)
        stage.run(partial(_read, people=[stage.actors[name] for name, *_ in STAFF]))


def _read(session: Session, people: Sequence[Actor]) -> None:
    for person in people:
        assert person.user_id is not None  # noqa: S101
        notices.see_all(session, person.user_id)
        if person.queues:
            for one in own_alerts.unacknowledged(session, person.user_id, person.queues):
                alerts.acknowledge(session, person, one.alert.id)


def notes(stage: Stage) -> Told:
    """On most Mondays a lead writes what the week was like."""
    luck = stage.luck("notes")
    while True:
        days = (7 - clock.in_china(clock.now()).weekday()) % 7 or 7
        yield timedelta(days=days)
        if luck.random() < 0.7:
            stage.run(partial(_note, stage=stage, note=luck.choice(_NOTES)))


def _note(session: Session, stage: Stage, note: str) -> None:
    week = periods.week_of(clock.china_today()).before
    queue = freezing.every_queue()[0]
    row = freezing.newest(session, week, queue)
    if row is not None:
        freezing.write_note(session, stage.actors[LEADS[0]], week, queue, note, row.version)


def sheets(stage: Stage) -> Told:
    """Days after a month people look at their sheets; one objects and is answered, one is corrected, some are
    published."""
    while True:
        today = clock.china_today()
        next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield timedelta(days=(next_month - today).days)
        month = Month.of(clock.now() - timedelta(days=3))
        yield Office(10)
        for place, name in enumerate(_with_sheets(stage, month)):
            stage.run(partial(_looked, stage=stage, name=name, month=month, objects=place == 0))
        yield Office(9)
        for name in _with_sheets(stage, month)[:1]:
            stage.run(partial(_answered, stage=stage, name=name, month=month))
        for name in _with_sheets(stage, month)[1:2]:
            with suppress(InvalidError):  # nobody is there on more days than a month has
                stage.run(partial(_corrected, stage=stage, name=name, month=month))
                stage.run(partial(_looked, stage=stage, name=name, month=month, objects=False))
        with suppress(InvalidError):  # a month of a few days has no replies to draw from
            stage.run(partial(_sampled, stage=stage, month=month))
        yield Office(30)
        for name in _with_sheets(stage, month)[:-2]:
            stage.run(partial(_published, stage=stage, name=name, month=month))


def _sheet(session: Session, stage: Stage, name: str, month: Month) -> MonthlyScore:
    mine = (MonthlyScore.month == month.name, MonthlyScore.user_id == stage.actors[name].user_id)
    return session.scalars(select(MonthlyScore).where(*mine)).one()


def _with_sheets(stage: Stage, month: Month) -> list[str]:
    query = select(User.username).join(MonthlyScore, MonthlyScore.user_id == User.id)
    with stage.runtime.database.read() as session:
        return list(session.scalars(query.where(MonthlyScore.month == month.name).order_by(User.username)))


def _looked(session: Session, stage: Stage, name: str, month: Month, *, objects: bool) -> None:
    person, version = stage.actors[name], _sheet(session, stage, name, month).version
    if objects:
        deciding.object_to(session, person, month, version, _OBJECTION)
    else:
        deciding.accept(session, person, month, version)


def _answered(session: Session, stage: Stage, name: str, month: Month) -> None:
    sheet = _sheet(session, stage, name, month)
    if sheet.status == SheetState.OBJECTED.value:
        said = deciding.Answered("核对过了，这两条的首次响应算在先领取的人名下，其余不变", "异议已核对")
        deciding.answer(session, stage.actors[LEADS[0]], month, name, sheet.version, said)


def _corrected(session: Session, stage: Stage, name: str, month: Month) -> None:
    sheet = _sheet(session, stage, name, month)
    given = Correction("培训那天也在岗，原来少记了一天", present=sheet.inputs["present"] + 1)
    correcting.correct(session, stage.actors[LEADS[0]], month, name, sheet.version, given)


def _published(session: Session, stage: Stage, name: str, month: Month) -> None:
    version = _sheet(session, stage, name, month).version
    deciding.publish(session, stage.actors[LEADS[0]], month, name, version)


def _sampled(session: Session, stage: Stage, month: Month) -> None:
    """A few replies of one engineer, marked."""
    lead, (name, _) = stage.actors[LEADS[0]], ENGINEERS[0]
    sample = quality.draw(session, lead, month, name, 3, "demo")
    luck = stage.luck(month.name)
    for position in range(1, sample.size + 1):
        given = {aspect: str(luck.randint(3, 5)) for aspect in quality.ASPECTS}
        quality.mark(session, lead, sample.id, position, given, "步骤写得清楚" if position == 1 else "")
