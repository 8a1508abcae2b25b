"""Who may take which step: the department's people, and support, which is the owner or a lead (DESK 2.3)."""

from sqlalchemy.orm import Session

from portal.accounts import departments
from portal.accounts.roles import Role
from portal.audit.actor import Actor
from portal.collaboration.models import Collaboration
from portal.collaboration.states import FILE, JUDGE, VERIFY, Side, Step
from portal.errors import Fault, ForbiddenError, InvalidError, PortalError
from portal.tickets.models import Ticket

SAME_PERSON = "same_person"
# Not by the person who answered; the field that the fault stands at.
_FIELD_OF = {VERIFY: "version", JUDGE: "passed", FILE: "text"}


def side_of(actor: Actor, step: Step, *, for_department: bool) -> Side:
    """On whose side this person would take the step; the filing is each side's own, a lead may say for whom."""
    if step.side is not None:
        return step.side
    return Side.DEPARTMENT if actor.role == Role.PARTNER.value or for_department else Side.SUPPORT


def is_filled_in(actor: Actor, side: Side) -> bool:
    """代填: a lead in the place of a department without accounts."""
    return side is Side.DEPARTMENT and actor.role != Role.PARTNER.value


def refusal(
    session: Session, actor: Actor, row: Collaboration, ticket: Ticket, step: Step, side: Side
) -> PortalError | None:  # fmt: skip
    """Why this person may not take the step, whatever the state; None if they may."""
    if side is Side.DEPARTMENT:
        return _to_department(session, actor, row, step)
    return _to_support(actor, row, ticket, step)


def _to_department(session: Session, actor: Actor, row: Collaboration, step: Step) -> PortalError | None:
    if actor.role == Role.PARTNER.value:  # who sees it belongs to the department
        return None
    if actor.role != Role.LEAD.value:
        return ForbiddenError(f"“{step.title}”由协作部门填写；没有账号的部门由主管代填")
    if departments.has_accounts(session, row.department_id):
        return ForbiddenError("这个部门有自己的账号，请由部门的人员填写")
    return None


def _to_support(actor: Actor, row: Collaboration, ticket: Ticket, step: Step) -> PortalError | None:
    is_owner = actor.role == Role.ENGINEER.value and ticket.assignee_id == actor.user_id
    if not is_owner and actor.role != Role.LEAD.value:
        return ForbiddenError(f"“{step.title}”由负责人或主管操作")
    if step in _FIELD_OF and row.answered_by_id == actor.user_id:
        return InvalidError([Fault(_FIELD_OF[step], SAME_PERSON, "反馈是您填写的，请由另一位同事验证和备案")])
    return None
