"""Lets packages above take part in a ticket's acts, without an upward import (DESK 0.3).

Objections are collected before an act. Readers judge a text before a clinic reads it. Listeners are called in the act's
transaction; if one raises, it is rolled back. Holders name tickets after which nobody is called meanwhile.
`hearers` are called after a text of staff was sent to the clinic.
`citable`, `citers`: knowledge articles that may be quoted, and what a text quotes of those that are named.
`numbers` name what else has a number of its own in the trail, by queue; `own_numbers` by person; `held_numbers` those
whose rows of the trail stay. `barred` name who must not be told of a number. `pages` know where a clinic answers an
event. All are listed only in `portal/wiring.py`, in the order in which they are called.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import Session

from portal import clock
from portal import occasions as beside
from portal.audit.actor import Actor
from portal.errors import ConflictError, Fault, InvalidError
from portal.tickets.models import Ticket

_HOOKS = "ticket hooks"
ARCHIVE, CALL_BACK = "archive", "call_back"  # acts of rooms above, which ask for objections by these names
# Ours: what nobody decides puts a lapse off so long at most. A clinic's credentials outlive no lead's silence.
UNDECIDED_AT_MOST = timedelta(days=14)


class Moment(StrEnum):
    HANDED = "handed"  # the ticket has another owner, or none
    BECAME_CRITICAL = "became_critical"  # 特急, by a person's choice
    PROMISE_MISSED = "promise_missed"  # a moment that was promised to the clinic passed without a word
    HAND_OVERS_3 = "hand_overs_3"  # the third accepted offer of a round
    OFFER_EXPIRED = "offer_expired"  # of an urgent ticket
    COLLABORATION_LATE = "collaboration_late"  # a department has not answered in time
    COLLABORATION_SETTLED = "collaboration_settled"  # a late one does not wait for its department any more
    LEFT = "left"  # it has ended, or went to another queue: what was open on it is withdrawn
    DRAFT_WAITING = "draft_waiting"  # nobody has decided a reply for a working day
    DRAFT_SETTLED = "draft_settled"  # it is decided, replaced or withdrawn
    SPOKEN = "spoken"  # a person has said something to the clinic
    CALLED = "called"  # a contact with the clinic was written down that it does not read
    RESULT = "result"  # a person has given the result of a round, or an answer at the desk
    REFUSED = "refused"  # the clinic says 没有解决: a new round is about to begin
    REOPENING = "reopening"  # staff work on it again: a new round is about to begin
    REOPENED = "reopened"  # a new round has begun
    SEPARATED = "separated"  # a merge was undone: the round that it ended goes on
    RATED = "rated"  # a round has its rating
    ENDED = "ended"  # the ticket is closed, merged or void; it may be reopened


@dataclass(frozen=True)
class Objection:
    """Why an act is not allowed yet: `code` for machines, `message` a sentence for people."""

    code: str
    message: str


# (session, ticket, name of the act) -> objections
Objector = Callable[[Session, Ticket, str], Sequence[Objection]]
Listener = Callable[[Session, Ticket], None]
# (session, ticket, text) -> why the clinic may not read this text
Reader = Callable[[Session, Ticket, str], Objection | None]
# (session, ids of tickets) -> those of them after which nobody is called: 暂缓, for a cause that stays untold
Holder = Callable[[Session, Collection[UUID]], Collection[UUID]]
# (session, ticket, name of an event) -> the path of the page that asks its clinic; "" if it asks nothing any more
Page = Callable[[Session, Ticket, str], str | None]
# (session, ticket, actor, text): a person of staff said this to the clinic
Hearer = Callable[[Session, Ticket, Actor, str], None]
# (session, ticket) -> number and title of what a text to this clinic may quote
Citable = Callable[[Session, Ticket], Sequence[tuple[str, str]]]
# (session, ticket, text, numbers) -> the text with what it quotes; raises InvalidError for an unknown number
Citer = Callable[[Session, Ticket, str, Sequence[str]], str]
# (session, id of an institution, id of a person) -> whether they are to call it: a call-back of theirs is open
Caller = Callable[[Session, UUID, UUID], bool]
# (session, id of an institution) -> the masked phones by which the directory's contacts may be called
Phones = Callable[[Session, UUID], Sequence[str]]
# (session, queues) -> the numbers of these queues that are no tickets
Numbers = Callable[[Session, Sequence[str]], Select[str]]
# (session, person) -> the same for one person, whatever the queues
OwnNumbers = Callable[[Session, UUID], Select[str]]
# (session, number) -> the people who must not be told of this number
Barred = Callable[[Session, str], Collection[UUID]]


class ObjectionError(ConflictError):
    """Somebody objects; carries every objection (CONTRACT 7)."""

    code = "objection"

    def __init__(self, objections: Sequence[Objection]) -> None:
        super().__init__("；".join(objection.message for objection in objections))
        self.objections = tuple(objections)


@dataclass(frozen=True)
class Hooks:
    objectors: tuple[Objector, ...] = ()
    listeners: tuple[tuple[Moment, Listener], ...] = ()
    readers: tuple[Reader, ...] = ()
    hearers: tuple[Hearer, ...] = ()
    citable: tuple[Citable, ...] = ()
    citers: tuple[Citer, ...] = ()
    numbers: tuple[Numbers, ...] = ()
    own_numbers: tuple[OwnNumbers, ...] = ()
    held_numbers: tuple[Callable[[], Select[str]], ...] = ()
    barred: tuple[Barred, ...] = ()
    holders: tuple[Holder, ...] = ()
    pages: tuple[Page, ...] = ()
    callers: tuple[Caller, ...] = ()
    phones: tuple[Phones, ...] = ()
    occasions: beside.Listeners = ()

    def session_info(self) -> dict[str, object]:
        """The value for `Database.session_info` that enables these hooks."""
        return {_HOOKS: self, **beside.session_info(self.occasions)}


def still_waits(asked_at: datetime) -> bool:
    """Whether what was asked then, and is undecided, still puts a lapse off."""
    return clock.is_before(asked_at + UNDECIDED_AT_MOST, UNDECIDED_AT_MOST)


def objections_to(session: Session, ticket: Ticket, act: str) -> list[Objection]:
    """What everybody has against it, each sentence once: two causes of a 暂缓 look like one."""
    return list(dict.fromkeys(found for one in _of(session).objectors for found in one(session, ticket, act)))


def check_objections(session: Session, ticket: Ticket, act: str) -> None:
    """Raises ObjectionError with all objections."""
    objections = objections_to(session, ticket, act)
    if objections:
        raise ObjectionError(objections)


def check_public_text(session: Session, ticket: Ticket, text: str, field: str = "text") -> None:
    """Every text that staff write for a clinic, whichever way it goes; raises InvalidError."""
    found = [refusal for reader in _of(session).readers if text and (refusal := reader(session, ticket, text))]
    if found:
        raise InvalidError([Fault(field, refusal.code, refusal.message) for refusal in found])


def announce(session: Session, ticket: Ticket, moment: Moment) -> None:
    """Call every listener of this moment, in order."""
    for subscribed, listener in _of(session).listeners:
        if subscribed is moment:
            listener(session, ticket)


def held_among(session: Session, ticket_ids: Collection[UUID]) -> set[UUID]:
    """Which of these tickets wait for a lead, so that nobody calls about them; one query for each holder."""
    return {held for holder in _of(session).holders for held in holder(session, ticket_ids)} if ticket_ids else set()


def page_of(session: Session, ticket: Ticket, event: str) -> str | None:
    """The path of the page that this event asks its clinic to answer; "" if there is nothing to answer any more.

    None: the tracking page. The path may be a secret: it goes to the clinic's own phone and is stored nowhere.
    """
    found = (page(session, ticket, event) for page in _of(session).pages)
    return next((path for path in found if path is not None), None)


def say(session: Session, ticket: Ticket, actor: Actor, text: str) -> None:
    """A person of staff has said something to the clinic."""
    for hearer in _of(session).hearers:
        hearer(session, ticket, actor, text)


def citable_in(session: Session, ticket: Ticket) -> list[tuple[str, str]]:
    """Number and title of what a text to this clinic may quote, the most fitting first."""
    return [found for citable in _of(session).citable for found in citable(session, ticket)]


def cited(session: Session, ticket: Ticket, text: str, numbers: Sequence[str]) -> str:
    """The text with what it quotes; raises InvalidError for an unknown number."""
    for citer in _of(session).citers:
        text = citer(session, ticket, text, numbers)
    return text


def directory_phones(session: Session, institution_id: UUID | None) -> list[str]:
    """Masked; none for an institution that the directory does not know."""
    if institution_id is None:
        return []
    return [phone for find in _of(session).phones for phone in find(session, institution_id)]


def is_to_call(session: Session, institution_id: UUID, user_id: UUID) -> bool:
    """Whether any room has given this person an open call-back of the institution."""
    return any(caller(session, institution_id, user_id) for caller in _of(session).callers)


def numbers_beside_tickets(session: Session, queues: Sequence[str]) -> list[Select[str]]:
    """Queries for the numbers of these queues that the trail records beside those of tickets."""
    return [numbers(session, queues) for numbers in _of(session).numbers]


def own_numbers(session: Session, user_id: UUID) -> list[Select[str]]:
    """Queries for the numbers in the trail that one person may see, whatever the queues."""
    return [numbers(session, user_id) for numbers in _of(session).own_numbers]


def held_numbers(session: Session) -> list[Select[str]]:
    """Queries for numbers that are no ticket's and whose rows of the trail stay."""
    return [numbers() for numbers in _of(session).held_numbers]


def barred_from(session: Session, number: str) -> set[UUID]:
    """The people who must not be told of this number."""
    return {person for barred in _of(session).barred for person in barred(session, number)}


def _of(session: Session) -> Hooks:
    """Raises KeyError for a session without hooks: its tickets would end without destroying their credentials."""
    hooks: Hooks = session.info[_HOOKS]
    return hooks
