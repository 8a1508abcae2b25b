"""Who calls: the keeper of the institution, else the 坐席 with the fewest open tasks (DESK 4.3)."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.roles import CALLING_FIRST, Permission, roles_with
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import CallBackState
from portal.institutions.models import DirectoryEntry
from portal.progress import ownership


@dataclass(frozen=True)
class Wanted:
    """What decides who may call.

    Args:
        queue: whose people may; None: everybody who calls. not_for: the round's resolver, and others who must not.
    """

    queue: str | None = None
    institution_id: uuid.UUID | None = None
    not_for: Collection[uuid.UUID] = ()


def choose(session: Session, wanted: Wanted) -> uuid.UUID | None:
    """The owner by the rule; None if nobody may call."""
    people = possible(session, wanted)
    keeper_id = _keeper_of(session, wanted.institution_id)
    if keeper_id in {person.id for person in people}:
        return keeper_id
    for role in CALLING_FIRST:
        of_role = [person for person in people if person.role == role.value]
        if of_role:
            return _least_busy(session, of_role)
    return None


def possible(session: Session, wanted: Wanted) -> list[User]:
    """Everybody who may be its owner now, by name."""
    roles = [role.value for role in roles_with(Permission.CALL_BACK)]
    rows = session.scalars(select(User).where(User.role.in_(roles), User.is_active).order_by(User.name_key))
    return [
        person
        for person in rows
        if person.id not in wanted.not_for
        and (wanted.queue is None or wanted.queue in person.queues)
        and not ownership.is_away(person)
    ]


def leads(session: Session, wanted: Wanted) -> list[uuid.UUID]:
    """Who is told of what nobody has."""
    return [person.id for person in possible(session, wanted) if person.role == CALLING_FIRST[-1].value]


def load_of(session: Session, user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many open call-backs each of them has."""
    mine = (CallBack.owner_id.in_(user_ids), CallBack.status == CallBackState.OPEN.value)
    counted = session.execute(select(CallBack.owner_id, func.count()).where(*mine).group_by(CallBack.owner_id))
    found = {owner_id: count for owner_id, count in counted}
    return {user_id: found.get(user_id, 0) for user_id in user_ids}


def _least_busy(session: Session, people: Sequence[User]) -> uuid.UUID:
    load = load_of(session, [person.id for person in people])
    return min(people, key=lambda person: (load[person.id], person.name_key)).id


def _keeper_of(session: Session, institution_id: uuid.UUID | None) -> uuid.UUID | None:
    entry = session.get(DirectoryEntry, institution_id) if institution_id else None
    return entry.keeper_id if entry else None
