"""Who may keep institutions: the people who talk to them, and may see a contact's phone (DESK 0.4, 3.6)."""

import uuid
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.roles import Permission, roles_with
from portal.institutions.models import DirectoryEntry


def candidates(session: Session) -> Sequence[User]:
    """In the order of their names."""
    roles = [role.value for role in roles_with(Permission.REVEAL_CONTACT)]
    people = select(User).where(User.is_active, User.role.in_(roles))
    return session.scalars(people.order_by(User.display_name, User.id)).all()


def counts(session: Session) -> dict[uuid.UUID, tuple[int, int]]:
    """Of each keeper: the active institutions, and how many of them are 重点."""
    is_key = func.count().filter(DirectoryEntry.is_key)
    kept = select(DirectoryEntry.keeper_id, func.count(), is_key).where(
        DirectoryEntry.is_active, DirectoryEntry.keeper_id.is_not(None)
    )
    rows = session.execute(kept.group_by(DirectoryEntry.keeper_id))
    return {person: (total, key) for person, total, key in rows if person is not None}


def named(people: Iterable[User], word: str) -> User | None:
    """The one person whom a written word means: by shown name, staff number or sign-in name."""
    sought = word.strip().casefold()
    found = [person for person in people if sought and sought in _words_for(person)]
    return found[0] if len(found) == 1 else None


def _words_for(person: User) -> set[str]:
    return {word.casefold() for word in (person.display_name, person.username, person.staff_number or "")}


def names_of(session: Session, ids: Iterable[uuid.UUID | None]) -> Mapping[uuid.UUID, str]:
    """Shown names by id; one query."""
    wanted = {person for person in ids if person is not None}
    rows = select(User.id, User.display_name).where(User.id.in_(wanted))
    return {person: name for person, name in session.execute(rows)} if wanted else {}
