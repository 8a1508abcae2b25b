"""Taking a step of a collaboration: one transaction with its ticket locked, its thread, both sides told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import departments, standing
from portal.accounts.models import Department
from portal.acts import staff_texts
from portal.acts.inputs import Text
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particular
from portal.collaboration import outcomes, rights, rows
from portal.collaboration.holdings import TEXT_NAME
from portal.collaboration.late import concerned
from portal.collaboration.models import Collaboration
from portal.collaboration.states import (
    ANSWER,
    COLLABORATION_LABELS,
    FILE,
    JUDGE,
    START,
    STEPS,
    VERIFY,
    WAITING,
    WITHDRAW,
    CollaborationKind,
    Side,
    Step,
    SuggestionOutcome,
)
from portal.collaboration.states import CollaborationState as C
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import hooks, lifecycle
from portal.progress.hooks import Moment
from portal.progress.lifecycle import ANY_STATE, Move
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState, Turn, TurnCause

MOVES = {
    step.name: Move(
        f"collaboration_{step.name}",
        f"协作{step.title}",
        ANY_STATE,
        is_public=False,
        is_remark=True,
        cause=TurnCause.ANSWERED_BY_DEPARTMENT,
    )
    for step in STEPS
}


class StaleCollaborationError(ConflictError):
    """It was changed by another request."""

    code = "stale"

    def __init__(self, row: Collaboration) -> None:
        label = COLLABORATION_LABELS[row.state_enum]
        super().__init__(f"您编辑期间，这条协作有了变化，现在的状态是“{label}”。您写的内容还在，请核对后再保存")


@dataclass(frozen=True)
class Given:
    """What a person gives with a step; each step reads its own."""

    text: str = field(default="", repr=False)
    passed: bool | None = None
    outcome: str = ""
    for_department: bool = False
    seal_found: bool = False


@dataclass(frozen=True)
class _Taking:
    """One step under way, everything locked; `text` is what may be stored."""

    session: Session
    runtime: Runtime
    actor: Actor
    row: Collaboration
    ticket: Ticket
    side: Side
    given: Given
    text: str = field(default="", repr=False)


def take(runtime: Runtime, actor: Actor, step: Step, number: str, version: int, given: Given) -> Collaboration:
    """Take one step.

    Raises:
        NotFoundError: absent, or not theirs to see. ForbiddenError: not this person (recorded).
        InvalidError: every fault; `same_person`; a text that seems to hold a secret.
        ConflictError: it changed since `version`, or its state forbids it.
    """
    try:
        return runtime.database.run(lambda session: _taken(session, runtime, actor, step, number, version, given))
    except ForbiddenError:
        with runtime.database.transaction() as session:
            row, ticket = rows.find(session, actor, number)
            trail.record(
                session, Tag.ACCESS_DENIED, actor, ticket_number=ticket.number,
                particulars={"collaboration": row.number, "collaboration_step": step.name}, is_success=False,
            )  # fmt: skip
        raise


def _taken(
    session: Session, runtime: Runtime, actor: Actor, step: Step, number: str, version: int, given: Given
) -> Collaboration:
    standing.require(session, actor)
    row, ticket = rows.locked(session, actor, number)
    side = rights.side_of(actor, step, for_department=given.for_department)
    refusal = rights.refusal(session, actor, row, ticket, step, side)
    if refusal is not None:
        raise refusal
    if row.version != version:
        raise StaleCollaborationError(row)
    if row.state_enum not in step.leads:
        label = COLLABORATION_LABELS[row.state_enum]
        raise ConflictError(f"这条协作现在的状态是“{label}”，不能进行“{step.title}”。请刷新后核对")
    if faults := _faults(row, step, given):
        raise InvalidError(faults)
    text = _checked_text(session, runtime, ticket, step, given)
    taking = _Taking(session, runtime, actor, row, ticket, side, given, text)
    after = _DO[step.name](taking)
    row.status, row.version = after.value, row.version + 1
    _write(taking, step)
    return row


def _faults(row: Collaboration, step: Step, given: Given) -> list[Fault]:
    faults = []
    if step is JUDGE and given.passed is None:
        faults.append(Fault("passed", "required", "请选择通过或打回"))
    is_needed = not step.is_wordless or given.passed is False
    if step.word and (fault := _text_of(step, is_needed=is_needed).fault(given.text)):
        faults.append(fault)
    is_suggestion = row.kind_enum is CollaborationKind.SUGGESTION
    if step is ANSWER and is_suggestion and given.outcome not in list(SuggestionOutcome):
        faults.append(Fault("outcome", "required", "请选择怎样处理这条建议"))
    return faults


def _text_of(step: Step, *, is_needed: bool) -> Text:
    name = "note" if step is JUDGE else "text"
    return Text(name=name, word=step.word, missing=step.missing if is_needed else "")


def _checked_text(session: Session, runtime: Runtime, ticket: Ticket, step: Step, given: Given) -> str:
    """Without ID numbers, accounts and passwords, or with them sealed if the writer agreed."""
    if not step.word:
        return ""
    asked = _text_of(step, is_needed=False)
    text = asked.clean(given.text)
    return staff_texts.sealed(session, runtime, ticket, asked, text, TEXT_NAME, "发送", given.seal_found)


def _start(taking: _Taking) -> C:
    return C.IN_WORK


def _answer(taking: _Taking) -> C:
    row = taking.row
    row.answered_at, row.answered_by_id = clock.now(), taking.actor.user_id
    row.outcome = taking.given.outcome if row.kind_enum is CollaborationKind.SUGGESTION else None
    _tell_support(taking, event=Event.COLLABORATION_ANSWERED)
    return C.ANSWERED


def _verify(taking: _Taking) -> C:
    taking.row.verified_by_id = taking.actor.user_id
    return C.VERIFYING


def _judge(taking: _Taking) -> C:
    session, row = taking.session, taking.row
    row.verified_by_id = taking.actor.user_id
    if taking.given.passed:
        return C.PASSED
    row.returned_count += 1  # from here on a new time of being late
    row.late_at = None
    row.due_at = rows.due_of(session, taking.ticket, row.kind_enum, row.is_urgent, clock.now())
    row.outcome = None
    _tell_department(taking, event=Event.COLLABORATION_RETURNED)
    return C.RETURNED


def _file(taking: _Taking) -> C:
    row, now = taking.row, clock.now()
    is_done = row.department_filed_at if taking.side is Side.DEPARTMENT else row.support_filed_at
    if is_done is not None:
        raise ConflictError("这一方已经备案过了，等另一方备案")
    if taking.side is Side.DEPARTMENT:
        row.department_filed_at = now
    else:
        row.support_filed_at = now
    if row.department_filed_at is None or row.support_filed_at is None:
        return C.PASSED
    _tell_department(taking, event=Event.COLLABORATION_FILED)
    _tell_support(taking, event=Event.COLLABORATION_FILED)
    return C.FILED


def _withdraw(taking: _Taking) -> C:
    _tell_department(taking, event=Event.COLLABORATION_WITHDRAWN)
    return C.WITHDRAWN


_DO: Mapping[str, Callable[[_Taking], C]] = {
    START.name: _start,
    ANSWER.name: _answer,
    VERIFY.name: _verify,
    JUDGE.name: _judge,
    FILE.name: _file,
    WITHDRAW.name: _withdraw,
}


def _tell_support(taking: _Taking, *, event: Event) -> None:
    by, people = taking.actor.user_id, concerned(taking.row, taking.ticket)
    outbox.add(taking.session, event, taking.row.number, by=by, to=people)


def _tell_department(taking: _Taking, *, event: Event) -> None:
    department = taking.row.department_id
    people = departments.people_of(taking.session, department)
    by = taking.actor.user_id
    outbox.add(taking.session, event, taking.row.number, by=by, to=people, department=department)


def _write(taking: _Taking, step: Step) -> None:
    """The thread, the ticket's line, its turn and summary, what a clinic reads of a suggestion, and the trail."""
    session, row, ticket, actor = taking.session, taking.row, taking.ticket, taking.actor
    is_filled_in = rights.is_filled_in(actor, taking.side)
    rows.write_line(session, row, ticket, actor, step.name, taking.text, is_filled_in=is_filled_in)
    rows.renew_summary(session, ticket)
    if row.late_at is not None and row.state_enum not in WAITING:
        hooks.announce(session, ticket, Moment.COLLABORATION_SETTLED)
    department = session.get_one(Department, row.department_id).name
    words = [row.number, department]
    words += [COLLABORATION_LABELS[row.state_enum]] if step in (JUDGE, FILE) else []
    words += ["代填"] if is_filled_in else []
    lifecycle.apply(
        session, ticket, replace(MOVES[step.name], turn=_turn(taking, step)), actor, text="，".join(words)
    )  # fmt: skip
    if row.state_enum is C.PASSED and step is JUDGE and row.kind_enum is CollaborationKind.SUGGESTION:
        outcomes.publish(session, row, ticket, actor)
    particulars: dict[str, Particular] = {"collaboration": row.number, "department": department}
    if is_filled_in:
        particulars["is_filled_in"] = True
    trail.record(session, step.tag[row.state_enum], actor, ticket_number=ticket.number, particulars=particulars)


def _turn(taking: _Taking, step: Step) -> Turn | None:
    """An answer is ours to verify, and says so, even if it was our turn before."""
    is_worked_on = taking.ticket.state_enum is TicketState.IN_PROGRESS
    if step is ANSWER and is_worked_on and taking.row.kind_enum is CollaborationKind.HELP:
        return Turn.US
    return rows.turn_of(taking.session, taking.ticket)
