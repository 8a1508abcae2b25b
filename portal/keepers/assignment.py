"""分配维护人: which institutions have no keeper, and giving them one; each new one is told as an occasion (L2a, L3)."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal import clock, occasions
from portal.accounts.models import User
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.errors import ConflictError, Fault, InvalidError
from portal.institutions.models import DirectoryEntry
from portal.keepers import people
from portal.keepers.proposal import Candidate, Unkept, loads, propose
from portal.tickets.models import Ticket

Id = uuid.UUID
PAGE = 100  # so many can be changed by hand at once
_PORTION = 500
_NAMED = 20  # so many institutions are named in a row of the trail
_CHANGED = "提议之后名录或人员有了变动，下面是新的提议，请核对后再确认"


@dataclass(frozen=True)
class ProposedKeeper:
    """One line of the proposal. `word`: what the directory says; `is_by_word`: that it names this person."""

    institution: DirectoryEntry
    keeper_id: uuid.UUID
    word: str
    is_by_word: bool


@dataclass(frozen=True)
class Proposal:
    """For every institution without a keeper, of one county or all; the first `PAGE` of them as lines."""

    lines: Sequence[ProposedKeeper]
    given: Mapping[uuid.UUID, uuid.UUID]
    loads: Mapping[uuid.UUID, tuple[int, int]]

    @property
    def digest(self) -> str:
        """Changes whenever anything of it would be given otherwise."""
        told = "\n".join(f"{place}:{person}" for place, person in sorted(self.given.items(), key=str))
        return hashlib.sha256(told.encode()).hexdigest()[:32]


def unkept(session: Session, county: str = "") -> ColumnElement[bool]:
    """Condition: active, and kept by nobody who may keep it."""
    able = [person.id for person in people.candidates(session)]
    condition = DirectoryEntry.is_active & (DirectoryEntry.keeper_id.is_(None) | DirectoryEntry.keeper_id.not_in(able))
    return condition & (DirectoryEntry.county == county) if county else condition


def unkept_count(session: Session, county: str = "") -> int:
    return session.scalar(select(func.count()).select_from(DirectoryEntry).where(unkept(session, county))) or 0


def proposal(session: Session, county: str = "") -> Proposal:
    """Whom the directory's own word means comes first; the others are spread. Writes nothing."""
    staff = people.candidates(session)
    rows = session.scalars(select(DirectoryEntry).where(unkept(session, county)).order_by(*_ORDER)).all()
    by_word = {row.id: person.id for row in rows if (person := people.named(staff, row.keeper))}
    kept = people.counts(session)
    meant = Counter(by_word.values())
    able = [_candidate(person, kept.get(person.id, (0, 0))[0] + meant[person.id]) for person in staff]
    systems = _systems(session, able)
    rest = [
        Unkept(row.id, row.name, row.county, frozenset(systems.get(row.id, ())))
        for row in rows
        if row.id not in by_word
    ]
    given = {**by_word, **propose(rest, able)}
    lines = [ProposedKeeper(row, given[row.id], row.keeper, row.id in by_word) for row in rows if row.id in given]
    now = [_candidate(person, kept.get(person.id, (0, 0))[0]) for person in staff]
    return Proposal(lines[:PAGE], given, loads(now, given))


def confirm_all(session: Session, actor: Actor, county: str, digest: str) -> int:
    """Give every institution as it was proposed; how many.

    Raises:
        ConflictError: the proposal would be another one now.
    """
    made = proposal(session, county)
    if made.digest != digest:
        raise ConflictError(_CHANGED)
    return assign(session, actor, made.given)


def assign(session: Session, actor: Actor, given: Mapping[uuid.UUID, uuid.UUID], *, takes_over: bool = False) -> int:
    """Give institutions their keepers; how many changed. The word in the directory becomes the keeper's name.

    An institution that somebody keeps meanwhile stays with them unless it `takes_over`.

    Raises:
        InvalidError: somebody who may not keep any.
    """
    staff = {person.id: person for person in people.candidates(session)}
    if not set(given.values()) <= set(staff):
        raise InvalidError([Fault("keeper", "invalid", "请从名单里选择维护人")])
    entries = _locked(session, list(given))
    changed: dict[uuid.UUID, list[DirectoryEntry]] = {}
    for entry in entries:
        person = staff[given[entry.id]]
        is_free = takes_over or entry.keeper_id not in staff
        if entry.keeper_id != person.id and is_free:
            _give(session, entry, person)
            changed.setdefault(person.id, []).append(entry)
    for person_id, places in changed.items():
        told: Particulars = {
            "keeper": staff[person_id].display_name,
            "institutions": [place.name for place in places[:_NAMED]],
            "institution_count": len(places),
        }
        trail.record(session, Tag.KEEPER_ASSIGNED, actor, particulars=told)
    return sum(map(len, changed.values()))


def match_word(session: Session, actor: Actor, entry: DirectoryEntry) -> None:
    """After an institution was saved: if its word names one person who may keep it, they do."""
    person = people.named(people.candidates(session), entry.keeper)
    if person is not None and entry.keeper_id != person.id:
        assign(session, actor, {entry.id: person.id}, takes_over=True)


def is_keeper(entry: DirectoryEntry, user_id: uuid.UUID | None) -> bool:
    return user_id is not None and entry.keeper_id == user_id


_ORDER = (DirectoryEntry.county, DirectoryEntry.pinyin, DirectoryEntry.name, DirectoryEntry.id)


def _candidate(person: User, kept: int) -> Candidate:
    skills = person.skills
    return Candidate(person.id, frozenset(skills.get("counties", ())), frozenset(skills.get("systems", ())), kept)


def _systems(session: Session, able: Sequence[Candidate]) -> dict[uuid.UUID, set[str]]:
    """Which of the systems that somebody knows each institution has named in its reports."""
    known = {system for person in able for system in person.systems}
    found: dict[uuid.UUID, set[str]] = {}
    if known:
        told = select(Ticket.institution_id, Ticket.previous_system).where(Ticket.previous_system.in_(known)).distinct()
        for place, system in session.execute(told):
            if place is not None:
                found.setdefault(place, set()).add(system)
    return found


def _locked(session: Session, ids: Sequence[uuid.UUID]) -> list[DirectoryEntry]:
    """In the order of their ids, in portions: a database takes only so many values at once."""
    found: list[DirectoryEntry] = []
    ordered = sorted(ids)
    for start in range(0, len(ordered), _PORTION):
        part = ordered[start : start + _PORTION]
        rows = select(DirectoryEntry).where(
            DirectoryEntry.id.in_(part), DirectoryEntry.is_active, DirectoryEntry.merged_into.is_(None)
        )
        found += session.scalars(rows.order_by(DirectoryEntry.id).with_for_update())
    return found


def _give(session: Session, entry: DirectoryEntry, person: User) -> None:
    entry.keeper_id, entry.keeper, entry.changed_at = person.id, person.display_name, clock.now()
    entry.version += 1
    occasions.tell(session, occasions.KeeperAssigned(entry.id, person.id))
