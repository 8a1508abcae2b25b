"""Who sees a case, and who must not know that it exists (DESK 5.4). Judged on the rows of now, never on a session's.

Everybody without a part gets `NotFoundError`, subjects above all, whatever their role.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.accounts import standing
from portal.accounts.models import User
from portal.accounts.roles import Duty, Permission, Role, roles_with
from portal.audit.actor import Actor
from portal.complaints.models import Complaint, ComplaintInquiry, ComplaintSubject
from portal.complaints.names import ComplaintState, Part
from portal.errors import NotFoundError
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.numbering import normal_number

PREFIX = "TS"
ABSENT = "没有找到这个编号"
_HANDLING = roles_with(Permission.REGISTER_COMPLAINT)
_KEEPERS_OF_PEOPLE = roles_with(Permission.MANAGE_USERS)


@dataclass(frozen=True)
class Viewed:
    """A case with the person before it; `parts` in their order, the first is the one that the trail names."""

    complaint: Complaint
    user: User
    parts: tuple[Part, ...]

    @property
    def is_manager(self) -> bool:
        """A 客服经理, or whom an administrator named in the place of one."""
        return bool({Part.OWNER, Part.REVIEWER, Part.MANAGER} & set(self.parts))

    @property
    def is_handler(self) -> bool:
        return self.complaint.handler_id == self.user.id and (self.is_manager or Part.HANDLER in self.parts)

    @property
    def is_only_legal(self) -> bool:
        return set(self.parts) == {Part.LEGAL}


def is_manager(user: User) -> bool:
    return user.is_active and user.role == Role.LEAD.value and Duty.MANAGER.value in user.duties


def is_legal(user: User) -> bool:
    return user.is_active and Duty.LEGAL.value in user.duties


def may_handle(user: User) -> bool:
    """Engineers and departments never have to do with complaints (DESK 0.4)."""
    return user.is_active and user.role_enum in _HANDLING


def managers(session: Session) -> list[User]:
    """Every active 客服经理."""
    leads = select(User).where(User.role == Role.LEAD.value, User.is_active).order_by(User.name_key)
    return [user for user in session.scalars(leads) if is_manager(user)]


def legal_people(session: Session) -> list[User]:
    people = select(User).where(User.is_active).order_by(User.name_key)
    return [user for user in session.scalars(people) if is_legal(user)]


def administrators(session: Session) -> list[User]:
    roles = [role.value for role in _KEEPERS_OF_PEOPLE]
    return list(session.scalars(select(User).where(User.role.in_(roles), User.is_active).order_by(User.name_key)))


def subject_ids(session: Session, complaint: Complaint) -> set[uuid.UUID]:
    """Who must not know of it now."""
    rows = select(ComplaintSubject.user_id).where(
        ComplaintSubject.complaint_id == complaint.id, ComplaintSubject.removed_at.is_(None)
    )  # fmt: skip
    return set(session.scalars(rows))


def eligible_managers(session: Session, complaint: Complaint, *, but: Collection[uuid.UUID | None] = ()) -> list[User]:
    """Those who may deal with it, the one with the fewest open cases first; `but` these people."""
    out = subject_ids(session, complaint)
    people = [user for user in managers(session) if user.id not in out]
    if complaint.steward_id is not None and complaint.steward_id not in out:
        steward = session.get(User, complaint.steward_id)
        people += [steward] if steward is not None and may_handle(steward) and steward not in people else []
    people = [user for user in people if user.id not in but]
    counts = _open_counts(session)
    return sorted(people, key=lambda user: (counts.get(user.id, 0), user.name_key))


def give_owner(session: Session, complaint: Complaint, by_id: uuid.UUID | None) -> None:
    """重大 is somebody's at once: whoever says so if they are a 客服经理, else the least busy one (REQUIREMENTS N3)."""
    managers = ids_of(eligible_managers(session, complaint))
    if complaint.owner_id is None and managers:
        complaint.owner_id = by_id if by_id in managers else managers[0]


def may_be_named(session: Session, complaint: Complaint) -> list[User]:
    """Whom a manager may make the handler, or an administrator the one who decides."""
    out = subject_ids(session, complaint)
    roles = [role.value for role in _HANDLING]
    people = select(User).where(User.role.in_(roles), User.is_active).order_by(User.name_key)
    return [user for user in session.scalars(people) if user.id not in out]


def is_orphan(session: Session, complaint: Complaint) -> bool:
    """Nobody is left who may decide it (DESK 5.4)."""
    return complaint.is_open and not eligible_managers(session, complaint)


@dataclass(frozen=True)
class Able:
    """Who may have which part in a case that is not about them."""

    handlers: Collection[uuid.UUID]
    managers: Collection[uuid.UUID]

    def adrift(self) -> ColumnElement[bool]:
        """Condition of a list: what `lost_part` would find something for."""
        lost_owner = Complaint.owner_id.not_in(self.managers) & Complaint.owner_id.is_distinct_from(
            Complaint.steward_id
        )
        return or_(Complaint.handler_id.not_in(self.handlers), Complaint.owner_id.not_in(self.handlers), lost_owner)

    def lost_part(self, complaint: Complaint) -> Part | None:
        """Whose person can do nothing with the case any more; the handler's first."""
        if complaint.handler_id not in (None, *self.handlers):
            return Part.HANDLER
        able = {*self.managers, *{complaint.steward_id}.intersection(self.handlers)}
        return Part.OWNER if complaint.owner_id not in (None, *able) else None


def able(session: Session) -> Able:
    roles = [role.value for role in _HANDLING]
    people = session.scalars(select(User).where(User.role.in_(roles), User.is_active)).all()
    return Able([user.id for user in people], [user.id for user in people if is_manager(user)])


def parts_of(session: Session, user: User, complaint: Complaint) -> tuple[Part, ...]:
    """The person's parts in this case; none for a subject, whatever else they are."""
    if not user.is_active or user.id in subject_ids(session, complaint):
        return ()
    found = []
    decides = is_manager(user) or (complaint.steward_id == user.id and may_handle(user))
    if decides and complaint.owner_id == user.id:
        found.append(Part.OWNER)
    if decides and complaint.handler_id == user.id and complaint.first_judge_id not in (None, user.id):
        found.append(Part.REVIEWER)
    if complaint.handler_id == user.id and may_handle(user):
        found.append(Part.HANDLER)
    if decides:
        found.append(Part.MANAGER)
    if complaint.is_legal and is_legal(user):
        found.append(Part.LEGAL)
    return tuple(found)


def visible_to(user: User) -> ColumnElement[bool]:
    """The condition of a list: what `parts_of` would find something for."""
    is_subject = exists().where(
        ComplaintSubject.complaint_id == Complaint.id,
        ComplaintSubject.user_id == user.id,
        ComplaintSubject.removed_at.is_(None),
    )
    if is_manager(user):
        return ~is_subject
    own: list[ColumnElement[bool]] = []
    if may_handle(user):
        own += [Complaint.handler_id == user.id, Complaint.steward_id == user.id]
    if is_legal(user):
        own.append(Complaint.is_legal.is_(True))
    return ~is_subject & or_(*own) if own else Complaint.id.is_(None)


def tabled_for(user: User) -> ColumnElement[bool]:
    """The cases that stand in a person's tables: a 客服经理's, and of a 法务联系人 the 涉法 ones (DESK 5.5)."""
    if is_manager(user):
        return visible_to(user)
    return visible_to(user) & Complaint.is_legal.is_(True) if is_legal(user) else Complaint.id.is_(None)


def person(session: Session, actor: Actor) -> User:
    """The row of the one who asks, locked against changes of the right until the end of a writing transaction.

    Raises:
        NotFoundError: nobody. SessionOverError, ConflictError: see `standing.require`.
    """
    standing.require(session, actor)
    user = session.get(User, actor.user_id, populate_existing=True) if actor.user_id else None
    if user is None or not user.is_active:
        raise NotFoundError(ABSENT)
    return user


def reader(session: Session, actor: Actor) -> User:
    """As `person`, for a transaction that only reads."""
    user = session.get(User, actor.user_id) if actor.user_id else None
    if user is None or not user.is_active:
        raise NotFoundError(ABSENT)
    return user


def by_number(session: Session, number: str) -> Complaint | None:
    wanted = normal_number(number)
    return session.scalars(select(Complaint).where(Complaint.number == wanted)).first()


def find(session: Session, actor: Actor, number: str) -> Viewed:
    """Raises NotFoundError: absent, or not theirs to know of: indistinguishable."""
    return _viewed(session, reader(session, actor), by_number(session, number))


def locked(session: Session, actor: Actor, number: str) -> Viewed:
    """As `find`, with the ticket and then the case locked and read anew."""
    user, complaint = person(session, actor), by_number(session, number)
    if complaint is not None:
        lock(session, complaint)
    return _viewed(session, user, complaint)


def lock(session: Session, complaint: Complaint) -> Ticket | None:
    """The order of DESK 0.6: the ticket, then its case; returns the ticket."""
    tickets = lookup.lock(session, {complaint.ticket_id}) if complaint.ticket_id else {}
    session.refresh(complaint, with_for_update=True)
    return tickets.get(complaint.ticket_id) if complaint.ticket_id else None


def _viewed(session: Session, user: User, complaint: Complaint | None) -> Viewed:
    parts = parts_of(session, user, complaint) if complaint is not None else ()
    if complaint is None or not parts:
        raise NotFoundError(ABSENT)
    return Viewed(complaint, user, parts)


def is_number(number: str) -> bool:
    """Whether a typed number is that of a complaint."""
    return normal_number(number).startswith(PREFIX)


def numbers_of(session: Session, user_id: uuid.UUID) -> Select[str]:
    """For the trail: the cases whose rows a person may see, which are those that a 客服经理 may decide."""
    user = session.get(User, user_id)
    visible = visible_to(user) if user is not None and is_manager(user) else Complaint.id.is_(None)
    return select(Complaint.number).where(visible)


def held_numbers() -> Select[str]:
    return select(Complaint.number).where(Complaint.held_at.is_not(None))


def barred(session: Session, number: str) -> Collection[uuid.UUID]:
    """Who must not be told of a number: of a case everybody without a part in it; of what a department was asked about
    one its subjects.
    """
    if number.startswith(PREFIX):
        complaint = by_number(session, number)
        return [] if complaint is None else _strangers(session, complaint)
    asked = select(ComplaintInquiry.complaint_id).where(ComplaintInquiry.number == number)
    rows = select(ComplaintSubject.user_id).where(
        ComplaintSubject.complaint_id.in_(asked), ComplaintSubject.removed_at.is_(None)
    )  # fmt: skip
    return session.scalars(rows).all()


def _strangers(session: Session, complaint: Complaint) -> list[uuid.UUID]:
    """An administrator who is told learns only that a case waits, and its number."""
    out, people = subject_ids(session, complaint), session.scalars(select(User).where(User.is_active)).all()
    roles = [role.value for role in _KEEPERS_OF_PEOPLE]
    known = {user.id for user in people if user.role in roles or parts_of(session, user, complaint)}
    return [user.id for user in people if user.id in out or user.id not in known]


def _open_counts(session: Session) -> dict[uuid.UUID, int]:
    is_open = Complaint.status != ComplaintState.ARCHIVED.value
    rows = select(Complaint.owner_id, func.count()).where(is_open, Complaint.owner_id.is_not(None))
    return {owner: count for owner, count in session.execute(rows.group_by(Complaint.owner_id)) if owner is not None}


def ids_of(people: Iterable[User]) -> Sequence[uuid.UUID]:
    return [user.id for user in people]
