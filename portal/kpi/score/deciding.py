"""What people do with a monthly sheet: its person looks and may object, a lead answers, publishes or takes it back.

Nothing follows a score by itself (DESK 6.7), and nobody decides on their own sheet.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError
from portal.kpi.score import reading, words
from portal.kpi.score.models import MonthlyScore
from portal.kpi.score.months import Month
from portal.kpi.score.names import SheetState
from portal.kpi.score.reading import Sheet
from portal.notify import outbox
from portal.notify.events import Event

MOST_TEXT = 1000
MOST_REMARK = 100
S = SheetState


class StaleSheetError(ConflictError):
    code = "stale"

    def __init__(self) -> None:
        super().__init__("您打开以后，这张考核表有了变化。您写的内容还在，请核对后再提交")


class SheetStateError(ConflictError):
    code = "state"


@dataclass(frozen=True)
class Answered:
    """A lead's words to an objection. `remark` is shown on the sheet and in the table of the month."""

    answer: str
    remark: str = ""


def accept(session: Session, actor: Actor, month: Month, version: int) -> MonthlyScore:
    """The person has looked at it and does not object; until it is published that may still change."""
    sheet = _own(session, actor, month, version)
    _need(sheet, S.DRAFT)
    sheet.seen_at = sheet.seen_at or clock.now()
    write(session, actor, sheet, Tag.SCORE_ACCEPTED)
    return sheet


def object_to(session: Session, actor: Actor, month: Month, version: int, text: str) -> MonthlyScore:
    """The person objects, while there is time; once answered there is no second objection.

    Raises:
        InvalidError: no words, or a secret among them. SheetStateError: too late, or not a draft any more.
    """
    sheet = _own(session, actor, month, version)
    _need(sheet, S.DRAFT)
    if clock.now() >= sheet.objection_ends_at:
        raise SheetStateError(
            f"提出异议的时间到 {clock.staff_time(sheet.objection_ends_at)} 为止，已经过了，请直接找主管"
        )
    sheet.objection = words.checked(text, "text", "请写明哪一项不对、为什么，主管会看到", MOST_TEXT)
    sheet.status, sheet.objected_at = S.OBJECTED.value, clock.now()
    write(session, actor, sheet, Tag.SCORE_OBJECTED)
    leads = reading.leads_of(session, sheet)
    outbox.add(session, Event.SCORE_OBJECTED, sheet.month, by=actor.user_id, to=leads)
    return sheet


def answer(session: Session, actor: Actor, month: Month, username: str, version: int, given: Answered) -> Sheet:
    """A lead answers an objection and leaves the figures as they are; a right one is answered by `correcting`.

    Raises:
        InvalidError: every fault of both texts. SheetStateError: there is no objection.
    """
    found = of_colleague(session, actor, month, username, version)
    _need(found.row, S.OBJECTED)
    faults: list[Fault] = []
    said = words.tried(faults, given.answer, "answer", "请写明对异议的答复，本人会看到", MOST_TEXT)
    remark = words.tried(faults, given.remark, "remark", "", MOST_REMARK)
    if faults:
        raise InvalidError(faults)
    found.row.answer, found.row.answered_by_id, found.row.answered_at = said, actor.user_id, clock.now()
    found.row.remark = remark or found.row.remark
    write(session, actor, found.row, Tag.SCORE_ANSWERED, found)
    outbox.add(session, Event.SCORE_ANSWERED, found.row.month, by=actor.user_id, to=[found.row.user_id])
    return found


def publish(session: Session, actor: Actor, month: Month, username: str, version: int) -> Sheet:
    """One sheet at a time, after its person has looked at it, or had the time to.

    Raises:
        SheetStateError: published or withdrawn already, an objection has no answer, or there is still time to object.
    """
    found = of_colleague(session, actor, month, username, version)
    row = found.row
    _need(row, S.DRAFT, S.OBJECTED)
    if reading.why_not_publishable(row):
        raise SheetStateError(reading.why_not_publishable(row))
    row.status, row.published_by_id, row.published_at = S.PUBLISHED.value, actor.user_id, clock.now()
    write(session, actor, row, Tag.SCORE_PUBLISHED, found)
    outbox.add(session, Event.SCORE_PUBLISHED, row.month, by=actor.user_id, to=[row.user_id])
    return found


def withdraw(session: Session, actor: Actor, month: Month, username: str, version: int, text: str) -> Sheet:
    """Take a sheet back, also a published one; its person and the leads still see it, and it counts nowhere."""
    found = of_colleague(session, actor, month, username, version)
    _need(found.row, S.DRAFT, S.OBJECTED, S.PUBLISHED)
    found.row.remark = words.checked(text, "text", "请写明为什么撤回，本人会看到", MOST_REMARK)
    found.row.status = S.WITHDRAWN.value
    write(session, actor, found.row, Tag.SCORE_WITHDRAWN, found)
    outbox.add(session, Event.SCORE_ANSWERED, found.row.month, by=actor.user_id, to=[found.row.user_id])
    return found


def _own(session: Session, actor: Actor, month: Month, version: int) -> MonthlyScore:
    standing.require(session, actor)
    sheet = reading.own(session, actor, month, lock=True)
    if sheet.version != version:
        raise StaleSheetError
    return sheet


def of_colleague(session: Session, actor: Actor, month: Month, username: str, version: int) -> Sheet:
    """The sheet under lock, with the right judged again; raises ForbiddenError for one's own."""
    standing.require(session, actor)
    found = reading.of_colleague(session, actor, month, username, lock=True)
    refuse_own(actor, found)
    if found.row.version != version:
        raise StaleSheetError
    return found


def refuse_own(actor: Actor, found: Sheet) -> None:
    """Raises ForbiddenError: nobody decides about the own sheet."""
    if found.row.user_id == actor.user_id:
        raise ForbiddenError("不能决定自己的考核表，请另一位主管处理")


def _need(sheet: MonthlyScore, *states: SheetState) -> None:
    if SheetState(sheet.status) not in states:
        raise SheetStateError(f"这张考核表现在是“{reading.state_label(sheet)}”，不能这样做。请刷新后核对")


def write(
    session: Session, actor: Actor, sheet: MonthlyScore, tag: Tag, found: Sheet | None = None, **told: int
) -> None:
    """The next version of the sheet, and its row of the trail."""
    sheet.version += 1
    session.flush()
    person = found.user.username if found else actor.name
    trail.record(session, tag, actor, particulars={"month": sheet.month, "username": person, **told})
