"""A collaboration as people see it: what a department may know of the ticket, the thread, and what can be done now."""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import Department
from portal.accounts.roles import Role
from portal.audit.actor import Actor
from portal.collaboration import rights
from portal.collaboration.models import Collaboration, CollaborationEntry
from portal.collaboration.states import (
    ANSWER,
    COLLABORATION_KIND_LABELS,
    COLLABORATION_LABELS,
    DISPATCH,
    FILE,
    OUTCOME_LABELS,
    STEP_TITLES,
    STEPS,
    VERIFIED,
    Side,
    Step,
    SuggestionOutcome,
)
from portal.institutions.models import DirectoryEntry
from portal.tickets.models import Ticket

# A mask and what touches it: a department sees no masks (DESK 2.3).
_WORD = re.compile(r"[0-9A-Za-z*•]+")
_MASK_SIGNS = frozenset("*•")
HIDDEN = "〔已隐藏〕"


@dataclass(frozen=True)
class Line:
    """One line of the thread. `is_unverified`: an answer that has not passed, which must not be copied."""

    at: datetime
    action: str
    title: str
    actor_label: str
    is_filled_in: bool
    text: str
    is_unverified: bool


@dataclass(frozen=True)
class Known:
    """What the department knows of the ticket: no name but where the sender ticks it, no person, no mask."""

    number: str
    queue: str
    level: str
    county: str
    institution: str | None
    summary: str


@dataclass(frozen=True)
class CollaborationView:
    """All of one collaboration. `steps`: what this person can do now, and on which side."""

    row: Collaboration
    ticket: Known
    ticket_id: uuid.UUID
    department: str
    state_label: str
    kind_label: str
    outcome_label: str
    is_late: bool
    ask: str
    answer: str
    lines: Sequence[Line]
    steps: Sequence[tuple[Step, Side]]

    @property
    def is_verified(self) -> bool:
        return self.row.state_enum in VERIFIED


def views_of(
    session: Session, actor: Actor, found: Iterable[tuple[Collaboration, Ticket]]
) -> list[CollaborationView]:  # fmt: skip
    """With a fixed number of queries, whatever number they are."""
    pairs = list(found)
    if not pairs:
        return []
    names = _names(session, [row.department_id for row, _ in pairs])
    lines = _lines(session, [row.id for row, _ in pairs])
    places = _places(session, [ticket.institution_id for _, ticket in pairs if ticket.institution_id])
    return [
        _view(session, actor, row, ticket, names[row.department_id], lines.get(row.id, []), places)
        for row, ticket in pairs
    ]


@dataclass(frozen=True)
class Brief:
    """What a ticket says of one of its collaborations."""

    number: str
    department: str
    kind: str
    state: str
    due_at: datetime | None
    is_late: bool


def briefs_of(session: Session, ticket: Ticket) -> list[Brief]:
    """Oldest first."""
    query = (
        select(Collaboration, Department.name)
        .join(Department, Department.id == Collaboration.department_id)
        .where(Collaboration.ticket_id == ticket.id)
        .order_by(Collaboration.created_at, Collaboration.id)
    )
    now = clock.now()
    return [
        Brief(row.number, department, row.kind, row.status, row.due_at, row.is_late(now))
        for row, department in session.execute(query)
    ]


def known_of(session: Session, ticket: Ticket, *, shows_institution: bool) -> Known:
    """What a department would see of this ticket, for the form that sends it."""
    places = _places(session, [ticket.institution_id] if ticket.institution_id else [])
    return _known(ticket, places, shows_institution=shows_institution)


def summary_of(ticket: Ticket) -> str:
    """摘要 for a department: the excerpt without anything that was masked."""
    return _WORD.sub(lambda word: HIDDEN if _MASK_SIGNS & set(word[0]) else word[0], ticket.excerpt)


def _names(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    query = select(Department.id, Department.name).where(Department.id.in_(set(ids)))
    return {department_id: name for department_id, name in session.execute(query)}


def _places(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Level and county of listed institutions."""
    query = select(DirectoryEntry).where(DirectoryEntry.id.in_(set(ids)))
    return {entry.id: (entry.level_label, entry.county) for entry in session.scalars(query)}


def _lines(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[CollaborationEntry]]:
    query = select(CollaborationEntry).where(CollaborationEntry.collaboration_id.in_(ids))
    found: dict[uuid.UUID, list[CollaborationEntry]] = {}
    for entry in session.scalars(query.order_by(CollaborationEntry.at, CollaborationEntry.id)):
        found.setdefault(entry.collaboration_id, []).append(entry)
    return found


def _view(
    session: Session,
    actor: Actor,
    row: Collaboration,
    ticket: Ticket,
    department: str,
    entries: Sequence[CollaborationEntry],
    places: Mapping[uuid.UUID, tuple[str, str]],
) -> CollaborationView:
    answers = [entry for entry in entries if entry.action == ANSWER.name]
    verified = answers[-1:] if row.state_enum in VERIFIED else []
    return CollaborationView(
        row=row,
        ticket=_known(ticket, places, shows_institution=row.shows_institution),
        ticket_id=ticket.id,
        department=department,
        state_label=COLLABORATION_LABELS[row.state_enum],
        kind_label=COLLABORATION_KIND_LABELS[row.kind_enum],
        outcome_label=OUTCOME_LABELS[SuggestionOutcome(row.outcome)] if row.outcome else "",
        is_late=row.is_late(clock.now()),
        ask=next((entry.text for entry in entries if entry.action == DISPATCH), ""),
        answer=answers[-1].text if answers else "",
        lines=[
            Line(
                entry.at,
                entry.action,
                STEP_TITLES[entry.action],
                entry.actor_label,
                entry.is_filled_in,
                entry.text,
                entry in answers and entry not in verified,
            )
            for entry in entries
        ],
        steps=list(_steps(session, actor, row, ticket)),
    )


def _known(ticket: Ticket, places: Mapping[uuid.UUID, tuple[str, str]], *, shows_institution: bool) -> Known:
    none = ("", "")
    level, county = places.get(ticket.institution_id, none) if ticket.institution_id else none
    name = ticket.institution if shows_institution else None
    return Known(ticket.number, ticket.queue, level, county, name, summary_of(ticket))


def _steps(session: Session, actor: Actor, row: Collaboration, ticket: Ticket) -> Iterable[tuple[Step, Side]]:
    """What this person can do now. A lead files for support, and for a department without accounts."""
    for step in STEPS:
        if row.state_enum not in step.leads:
            continue
        for side in Side if step is FILE else (cast(Side, step.side),):
            if step is FILE and (row.department_filed_at if side is Side.DEPARTMENT else row.support_filed_at):
                continue
            if actor.role == Role.PARTNER.value and side is Side.SUPPORT:
                continue
            if rights.refusal(session, actor, row, ticket, step, side) is None:
                yield step, side
