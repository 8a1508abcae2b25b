"""派发: asking a department for help, or passing a clinic's suggestion on to it (DESK 2.3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import departments
from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Flag, Option, Pick, Text
from portal.audit.tags import Tag
from portal.collaboration import rows
from portal.collaboration.holdings import TEXT_NAME
from portal.collaboration.models import Collaboration
from portal.collaboration.states import COLLABORATION_KIND_LABELS, DISPATCH, CollaborationKind, CollaborationState
from portal.db import new_id
from portal.errors import ConflictError, Fault, InvalidError
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress.lifecycle import OPEN, Move
from portal.tickets import numbering
from portal.tickets.models import Ticket

SHORTEST_ASK = 10
_MOST_OPEN = 20


@dataclass(frozen=True, kw_only=True)
class _Ask(Text):
    """Long enough to say what is needed."""

    def fault(self, value: Any) -> Fault | None:
        found = super().fault(value)
        if found is None and len(self.clean(value)) < SHORTEST_ASK:
            words = f"请写清楚要部门做什么，至少 {SHORTEST_ASK} 个字，现在是 {len(self.clean(value))} 个"
            return Fault(self.name, "too_short", words)
        return found


def dispatch(
    hand: Hand, department: str, kind: str, is_urgent: bool, show_institution: bool, ask: str
) -> Outcome:  # fmt: skip
    """A new collaboration with its own number and due time.

    Raises:
        InvalidError: no such department, or a disabled one. ConflictError: too many are open.
    """
    session, ticket, actor = hand.session, hand.ticket, hand.actor
    asked = departments.named(session, department)
    if asked is None or not asked.is_active:
        raise InvalidError([Fault("department", "not_found", "没有这个部门，或已停用，请从名单里选择")])
    if sum(not row.is_over for row in rows.of_ticket(session, ticket)) >= _MOST_OPEN:
        raise ConflictError(f"一条问题最多同时有 {_MOST_OPEN} 项协作，请先撤回不需要的")
    assert actor.user_id is not None  # noqa: S101
    now, asked_kind = clock.now(), CollaborationKind(kind or CollaborationKind.HELP.value)
    is_help = asked_kind is CollaborationKind.HELP
    row = Collaboration(
        id=new_id(),
        number=numbering.next_number(session, rows.PREFIX),
        ticket_id=ticket.id,
        department_id=asked.id,
        kind=asked_kind.value,
        is_urgent=is_urgent,
        shows_institution=show_institution,
        status=CollaborationState.DISPATCHED.value,
        created_at=now,
        dispatched_by_id=actor.user_id,
        due_at=rows.due_of(session, ticket, asked_kind, is_urgent, now),
        contact_due_at=rows.contact_due_of(session, ticket, is_urgent, now) if is_help else None,
    )
    session.add(row)
    session.flush()
    if is_help:
        ticket.dispatch_due_at = None
    rows.write_line(session, row, ticket, actor, DISPATCH, ask)
    rows.renew_summary(session, ticket)
    outbox.add(
        session, Event.COLLABORATION_DISPATCHED, row.number, by=actor.user_id,
        to=departments.people_of(session, asked.id), department=asked.id,
    )  # fmt: skip
    return Outcome(
        f"{row.number}，{asked.name}，{COLLABORATION_KIND_LABELS[asked_kind]}",
        {"collaboration": row.number, "department": asked.name},
        move=replace(DISPATCH_TO.move, turn=rows.turn_of(session, ticket)),
        answer={"collaboration": row.number},
    )


def _departments(session: Session, ticket: Ticket) -> Sequence[Option]:
    return [(row.name, row.name) for row in departments.active(session)]


DISPATCH_TO = Act(
    move=Move("dispatch", "派发协作", OPEN, is_public=False),
    do=dispatch,
    path="collaborations",
    permission=Permission.ASK_DEPARTMENT,
    whose=Whose.OWN_OR_A_LEADS,
    refusal="只有负责人或主管可以派发给部门",
    tag=Tag.COLLABORATION_DISPATCHED,
    status=201,
    inputs=(
        Pick(name="department", label="部门", missing="请选择部门", options=_departments),
        Choice(
            name="kind",
            label="种类",
            values=tuple((kind.value, label) for kind, label in COLLABORATION_KIND_LABELS.items()),
            chosen=lambda ticket: CollaborationKind.HELP.value,
        ),
        _Ask(
            name="ask",
            label="要部门做什么",
            help=f"部门会看到这段文字，至少 {SHORTEST_ASK} 个字。请不要写身份证号、账号、密码和姓名",
            word="给部门的文字",
            missing="请写明要部门做什么",
            sealed_as=TEXT_NAME,
        ),
        Flag(name="is_urgent", label="紧急，反馈的期限更短"),
        Flag(name="show_institution", label="让部门看到机构名称"),
    ),
    form=Form(Place.OWN, "派发给部门", "正在派发…"),
    done="已派发：{text}",
)
