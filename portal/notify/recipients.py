"""The recipients of an event at the time of sending: disabled users are left out (DESK N.2)."""

import uuid
from collections.abc import Iterable, Sequence
from enum import Enum, StrEnum, auto

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.roles import Permission, Role, roles_with
from portal.notify.events import Event
from portal.progress import hooks
from portal.tickets import lookup
from portal.tickets.models import Ticket


class RecipientKind(StrEnum):
    """What a channel delivers to."""

    CONSOLE = "console"  # the log of this deployment, which gets every event
    USER = "user"  # a member of staff, by id
    DEPARTMENT = "department"  # the common mailbox of a department, by id
    GROUP = "group"  # the people of a queue together, by the queue's name
    WEBHOOK = "webhook"  # another system, which gets every event that may leave
    CLINIC = "clinic"  # the reporter; the message's number identifies them


class Concern(Enum):
    """Whom an event concerns."""

    CLINIC = auto()
    OWNER = auto()  # the ticket's owner; without one, every engineer of its queue
    OWNER_IF_ANY = auto()  # the ticket's owner; without one, nobody
    RECEIVER = auto()  # to whom the ticket is offered
    AUDITORS = auto()  # everybody who audits without working in a queue
    LEADS = auto()  # every lead of the ticket's queue; all leads if the number is not a ticket's
    NAMED = auto()  # only people whom the caller names
    ADMINISTRATORS = auto()  # everybody who looks after the notifications


RULES: dict[Event, frozenset[Concern]] = {
    Event.REPORT_FILED: frozenset({Concern.CLINIC, Concern.OWNER}),
    Event.REPLIED: frozenset({Concern.CLINIC}),
    Event.INFORMATION_REQUESTED: frozenset({Concern.CLINIC}),
    Event.INFORMATION_REMINDED: frozenset({Concern.CLINIC}),
    Event.SUPPLEMENTED: frozenset({Concern.OWNER}),
    Event.CLINIC_CALLED: frozenset({Concern.OWNER}),
    Event.RESOLVED: frozenset({Concern.CLINIC}),
    Event.CLOSED: frozenset({Concern.CLINIC}),
    Event.CLOSED_UNANSWERED: frozenset({Concern.CLINIC}),
    Event.REOPENED: frozenset({Concern.CLINIC, Concern.OWNER}),
    Event.CONFIRMATION_REMINDED: frozenset({Concern.CLINIC}),
    Event.CLOSED_UNCONFIRMED: frozenset({Concern.CLINIC}),
    Event.MERGED: frozenset({Concern.CLINIC}),
    Event.VOID_ASKED: frozenset({Concern.LEADS}),
    Event.VOID_DECIDED: frozenset({Concern.OWNER}),
    Event.VOIDED: frozenset({Concern.CLINIC, Concern.OWNER}),
    Event.CODE_REISSUED: frozenset({Concern.CLINIC}),
    Event.SURVEY: frozenset({Concern.CLINIC}),
    Event.RATED_UNHAPPY: frozenset({Concern.OWNER}),
    Event.LOW_RATINGS: frozenset({Concern.NAMED}),
    Event.DRAFT_ASKED: frozenset({Concern.LEADS}),
    Event.DRAFT_DECIDED: frozenset({Concern.OWNER}),  # the author: a draft ends when the ticket changes hands
    Event.REMINDER_DUE: frozenset({Concern.OWNER}),  # who set it: it ends when the ticket changes hands
    Event.POSTPONED: frozenset({Concern.CLINIC}),
    Event.PROMISE_MADE: frozenset({Concern.CLINIC}),
    Event.PROMISE_NEAR: frozenset({Concern.OWNER}),
    Event.PROMISE_DUE: frozenset({Concern.CLINIC}),
    Event.APPOINTMENT_DUE: frozenset({Concern.OWNER}),  # of a ticket's appointment; a call-back's names its own
    # Whoever has the call-back, or the leads while nobody has it: `follow_up` names them.
    Event.CALL_BACK_DUE: frozenset({Concern.NAMED}),
    Event.FIRST_CONTACT_DUE: frozenset({Concern.NAMED}),
    Event.CAMPAIGN_ASSIGNED: frozenset({Concern.NAMED}),
    Event.ASSIGNED: frozenset({Concern.OWNER}),  # the new owner
    Event.OFFERED: frozenset({Concern.RECEIVER}),
    Event.OFFER_ANSWERED: frozenset({Concern.OWNER_IF_ANY, Concern.NAMED}),  # and who offered it
    # Whom an alert reaches depends on its step and the rota: `escalation` names them.
    Event.CRITICAL: frozenset({Concern.NAMED}),
    Event.UNACKNOWLEDGED: frozenset({Concern.NAMED}),
    Event.CLOCK_50: frozenset({Concern.NAMED}),
    Event.CLOCK_80: frozenset({Concern.NAMED}),
    Event.CLOCK_100: frozenset({Concern.NAMED}),
    Event.PROMISE_MISSED: frozenset({Concern.NAMED}),
    Event.HAND_OVERS_3: frozenset({Concern.NAMED}),
    Event.OFFER_EXPIRED: frozenset({Concern.OWNER_IF_ANY, Concern.NAMED}),  # and both people of the offer
    Event.ESCALATED: frozenset({Concern.NAMED}),
    Event.CLINIC_ESCALATED: frozenset({Concern.NAMED}),
    Event.NO_LEAD: frozenset({Concern.NAMED}),  # administrators
    Event.ESCALATION_DECIDED: frozenset({Concern.OWNER}),
    Event.REPLY_OVERDUE: frozenset({Concern.OWNER, Concern.LEADS}),
    Event.KNOWN_ISSUE_SETTLED: frozenset({Concern.CLINIC}),
    Event.ARTICLE_SUBMITTED: frozenset({Concern.NAMED}),  # leads of its queue who did not write it
    Event.ARTICLE_DECIDED: frozenset({Concern.NAMED}),  # who wrote it and who asked
    Event.COLLABORATION_DISPATCHED: frozenset({Concern.NAMED}),  # the department
    Event.COLLABORATION_ANSWERED: frozenset({Concern.NAMED}),  # the owner
    Event.COLLABORATION_RETURNED: frozenset({Concern.NAMED}),  # the department
    Event.COLLABORATION_WITHDRAWN: frozenset({Concern.NAMED}),  # the department
    Event.COLLABORATION_LATE: frozenset({Concern.NAMED}),  # both
    Event.COLLABORATION_MISSING: frozenset({Concern.OWNER}),
    Event.COLLABORATION_UNCONTACTED: frozenset({Concern.NAMED}),  # the owner
    Event.COLLABORATION_FILED: frozenset({Concern.NAMED}),  # both
    # `complaints` names them, and nobody else may be told.
    Event.COMPLAINT_REGISTERED: frozenset({Concern.NAMED}),
    Event.COMPLAINT_UPHELD: frozenset({Concern.NAMED}),
    Event.COMPLAINT_DUE: frozenset({Concern.NAMED}),
    Event.COMPLAINT_REVIEW: frozenset({Concern.NAMED}),
    Event.COMPLAINT_ANSWERED: frozenset({Concern.NAMED}),
    Event.COMPLAINT_UNATTENDED: frozenset({Concern.NAMED}),  # administrators
    Event.GRAVE: frozenset({Concern.NAMED}),
    Event.LEGAL: frozenset({Concern.NAMED}),
    Event.BREAK_GLASS_ASKED: frozenset({Concern.LEADS}),
    Event.BREAK_GLASS_DECIDED: frozenset({Concern.NAMED}),  # who asked
    Event.REVEAL_ALARM: frozenset({Concern.LEADS}),
    Event.APPROVAL_ALARM: frozenset({Concern.AUDITORS}),
    Event.SAMPLE_QUESTIONED: frozenset({Concern.NAMED}),  # who had access
    Event.DAY_END: frozenset({Concern.NAMED}),  # whoever has records of the day to complete
    Event.WEEKLY_REPORT: frozenset({Concern.NAMED}),  # leads of its queue
    Event.ROTA_EMPTY: frozenset({Concern.NAMED}),  # leads of the queue, administrators
    Event.CALENDAR_MISSING: frozenset({Concern.NAMED}),  # leads, administrators
    # Whose sheet it is; the objection: leads of the person's queues. `kpi.score` names them.
    Event.SCORE_DRAFTED: frozenset({Concern.NAMED}),
    Event.SCORE_OBJECTED: frozenset({Concern.NAMED}),
    Event.SCORE_CORRECTED: frozenset({Concern.NAMED}),
    Event.SCORE_ANSWERED: frozenset({Concern.NAMED}),
    Event.SCORE_PUBLISHED: frozenset({Concern.NAMED}),
    Event.QUALITY_MARKED: frozenset({Concern.NAMED}),
    Event.CHANNEL_FAILING: frozenset({Concern.ADMINISTRATORS}),
}


DEPARTMENT_MARK = "department:"  # before the id of a department among the named of a message


def departments_of(named: Sequence[str]) -> list[str]:
    """The ids of the departments that a message names."""
    return [name.removeprefix(DEPARTMENT_MARK) for name in named if name.startswith(DEPARTMENT_MARK)]


def recipients_of(
    session: Session, event: Event, number: str, kind: RecipientKind, *, by: str = "", named: Sequence[str] = ()
) -> list[str]:
    """The ids of one kind of recipient; console, webhook and the clinic of a message have one empty id.

    Args:
        number: of the ticket, or of the event's other subject.
        by: the id of who caused it, and is not told. named: ids of people beside those of the event's rule.
    """
    if kind in (RecipientKind.CONSOLE, RecipientKind.WEBHOOK):
        return [""]
    ticket = lookup.by_number(session, number)
    if kind is RecipientKind.CLINIC:
        return [""] if Concern.CLINIC in RULES[event] else []
    if kind is RecipientKind.GROUP:
        return [ticket.queue] if ticket is not None else []
    people = [*_users(session, RULES[event], ticket), *_named(session, named)]
    out = {by, *map(str, hooks.barred_from(session, number))}
    return [user_id for user_id in dict.fromkeys(str(user.id) for user in people) if user_id not in out]


def _named(session: Session, named: Sequence[str]) -> Sequence[User]:
    ids = [uuid.UUID(user_id) for user_id in named if not user_id.startswith(DEPARTMENT_MARK)]
    return session.scalars(select(User).where(User.id.in_(ids), User.is_active).order_by(User.name_key)).all()


def staff_of(session: Session, event: Event, number: str) -> list[User]:
    """The members of staff whom an event concerns by its rule."""
    return _users(session, RULES[event], lookup.by_number(session, number))


def _users(session: Session, concerns: Iterable[Concern], ticket: Ticket | None) -> list[User]:
    found: list[User] = []
    if ticket is not None:
        found += _of_ticket(session, set(concerns), ticket)
    if Concern.LEADS in concerns:
        found += _active(session, Permission.APPROVE_BREAK_GLASS, ticket)
    if Concern.AUDITORS in concerns:
        auditors = select(User).where(User.role == Role.AUDIT_ADMIN.value, User.is_active).order_by(User.name_key)
        found += session.scalars(auditors)
    if Concern.ADMINISTRATORS in concerns:
        found += _active(session, Permission.KEEP_NOTIFICATIONS, None)
    return list(dict.fromkeys(found))


def _of_ticket(session: Session, concerns: set[Concern], ticket: Ticket) -> list[User]:
    if Concern.OWNER in concerns and ticket.assignee_id is None:
        return _active(session, Permission.WORK_TICKET, ticket)
    holders = {
        Concern.OWNER: ticket.assignee_id,
        Concern.OWNER_IF_ANY: ticket.assignee_id,
        Concern.RECEIVER: ticket.offered_to_id,
    }
    wanted = [user_id for concern, user_id in holders.items() if concern in concerns and user_id is not None]
    people = [session.get(User, user_id) for user_id in wanted]
    return [person for person in people if person is not None and person.is_active]


def _active(session: Session, permission: Permission, ticket: Ticket | None) -> list[User]:
    """Every active user with this permission, in the ticket's queue if there is a ticket."""
    roles = [role.value for role in roles_with(permission)]
    people = session.scalars(select(User).where(User.role.in_(roles), User.is_active).order_by(User.name_key))
    return [user for user in people if ticket is None or ticket.queue in user.queues]
