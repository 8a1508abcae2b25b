"""When a person is away, and what they know well: by themselves, a lead of one of their queues, or an administrator."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import users
from portal.accounts.models import User
from portal.accounts.roles import GRANTS, Permission, Role
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import Fault, ForbiddenError, InvalidError
from portal.institutions import previous_systems
from portal.institutions.models import DirectoryEntry
from portal.kinds.table import QUEUES

FARTHEST = timedelta(days=366)
SKILLS = ("kinds", "systems", "counties")


def known_skills(session: Session) -> dict[str, list[str]]:
    """The lists that skills are chosen from: queues, 之前使用系统, counties of the directory."""
    counties = select(DirectoryEntry.county).where(DirectoryEntry.is_active, DirectoryEntry.county != "").distinct()
    return {
        "kinds": list(QUEUES),
        "systems": list(previous_systems.offered(session)),
        "counties": sorted(session.scalars(counties)),
    }


def may_change(actor: Actor, person: User) -> bool:
    """Whether the actor may say when this person is away and what they know."""
    granted = GRANTS[Role(actor.role)]
    is_their_lead = Permission.DISPATCH in granted and bool(set(actor.queues) & set(person.queues))
    return actor.user_id == person.id or is_their_lead or Permission.MANAGE_USERS in granted


def set_absence(
    session: Session, actor: Actor, user_id: uuid.UUID, begins: datetime | None, ends: datetime | None
) -> User:
    """Away from a moment until another, or until further notice; without a beginning, there again.

    Raises:
        InvalidError: the end is not after the beginning, or has been. ForbiddenError: not this actor.
    """
    person = _locked(session, actor, user_id)
    faults = []
    if begins is None and ends is not None:
        faults.append(Fault("away_from", "required", "请填写从什么时候起不在"))
    if ends is not None and (ends <= clock.now() or (begins is not None and ends <= begins)):
        faults.append(Fault("away_until", "invalid", "回来的时间要在现在以后，也要在开始以后"))
    if any(moment is not None and abs(moment - clock.now()) > FARTHEST for moment in (begins, ends)):
        faults.append(Fault("away_until", "too_far", "时间最多在一年以内"))
    if faults:
        raise InvalidError(faults)
    person.away_from, person.away_until = begins, ends
    told = {"username": person.username, "away_from": _said(begins), "away_until": _said(ends)}
    trail.record(session, Tag.ABSENCE_SET, actor, particulars=told)
    return person


def set_skills(session: Session, actor: Actor, user_id: uuid.UUID, skills: Mapping[str, Sequence[str]]) -> User:
    """What the person knows well, chosen from the lists.

    Raises:
        InvalidError: a word that is not in its list. ForbiddenError: not this actor.
    """
    person, known = _locked(session, actor, user_id), known_skills(session)
    kept = {name: [word for word in person.skills.get(name, ()) if word not in known[name]] for name in SKILLS}
    if any(word not in (*known[name], *kept[name]) for name in SKILLS for word in skills.get(name, ())):
        raise InvalidError([Fault("skills", "invalid", "请从列表里选择")])
    chosen = {name: [word for word in (*known[name], *kept[name]) if word in skills.get(name, ())] for name in SKILLS}
    person.skills = {name: words for name, words in chosen.items() if words}
    trail.record(session, Tag.SKILLS_SET, actor, particulars={"username": person.username, **person.skills})
    return person


def _locked(session: Session, actor: Actor, user_id: uuid.UUID) -> User:
    person = users.locked(session, actor, user_id)
    if not may_change(actor, person):
        raise ForbiddenError("只能由本人、本队列的主管或管理员修改")
    return person


def _said(moment: datetime | None) -> str | None:
    return clock.in_china(moment).isoformat(timespec="minutes") if moment else None
