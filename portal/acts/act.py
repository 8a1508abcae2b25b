"""An act of staff: everything that pages, API, timeline, trail and outbox know of it, in one place.

An act is one file of this package, or of a room above, and one entry in a table (`portal/acts/table.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.accounts.roles import Permission, Role
from portal.acts.hand import Hand
from portal.acts.inputs import Input, Text
from portal.audit.tags import Tag
from portal.audit.trail import Particular
from portal.errors import Fault
from portal.metrics.counting import Metric
from portal.notify.events import Event
from portal.progress.hooks import Moment
from portal.progress.lifecycle import Move
from portal.progress.ownership import Holding
from portal.sensitive_text import free_text
from portal.tickets.models import Ticket
from portal.tickets.states import OPEN_STATES

_INTERNAL = "note"  # the field under which texts are sealed that only staff read


class Whose(StrEnum):
    """Who must hold the ticket, besides having the permission."""

    ANYBODYS = "anybody's"
    OWN = "own"
    NOBODYS = "nobody's"
    OWN_OR_A_LEADS = "own, or a lead's"
    NOT_A_COLLEAGUES = "not a colleague's"  # leads: whoever holds it
    WHILE_OPEN = "anybody's while open"  # leads: afterwards too

    def includes(self, holding: Holding, user_id: UUID | None, role: str) -> bool:
        """Whether this person may act on a ticket that is held so."""
        owner_id = holding.owner_id
        is_own = owner_id is not None and owner_id == user_id
        if self is Whose.ANYBODYS:
            return True
        if self is Whose.WHILE_OPEN:
            return holding.state in OPEN_STATES or role == Role.LEAD.value
        if self is Whose.OWN:
            return is_own
        if self is Whose.OWN_OR_A_LEADS:
            return is_own or role == Role.LEAD.value
        if self is Whose.NOBODYS:
            return owner_id is None
        return is_own or owner_id is None or role != Role.ENGINEER.value


def _left_out(asked: Input) -> Any:
    if asked.is_change:
        return None
    return [] if asked.is_list else ""


class Place(StrEnum):
    """Where the ticket page offers an act."""

    HEAD = "head"  # a button beside the number
    WORK = "work"  # below the problem: what staff write
    FACTS = "facts"  # beside the problem: changes of the ticket's facts
    OWN = "own"  # in a template of its own


@dataclass(frozen=True)
class Form:
    """How the ticket page offers an act.

    Args:
        title: above the form; empty: the title of the move. button, busy: its label, and the label while it is sent.
        look: `primary`, `danger`, `quiet` or plain. hidden: fixed values that the form sends.
        opens: whether it starts unfolded, for the owner. leads_on: it ends the work for now: the next is offered.
    """

    place: Place
    button: str
    busy: str = ""
    title: str = ""
    look: str = ""
    help: str = ""
    hidden: tuple[tuple[str, str], ...] = ()
    leads_on: bool = False
    opens: Callable[[Ticket], bool] = lambda ticket: False


@dataclass(frozen=True)
class Outcome:
    """The result of an act.

    Args:
        text: of the timeline's line. particulars: for the trail, without secrets. about: the key of a sealed value.
        aside: of a second line, which only staff see. reason: for the trail, as it was written.
        asks: the fields that the clinic is asked for from now on, and the words of the request.
        move, event, tag: replace the act's own. queue: the queue the ticket moves to.
        tells: people whom the event concerns besides those of its rule. moments: announced after the move.
        afterwards: called after the move and its moments.
        answer: what the caller gets besides. entry_id: of the timeline's line, if something refers to it.
    """

    text: str = ""
    particulars: Mapping[str, Particular] = field(default_factory=dict)
    about: str | None = None
    aside: str = ""
    reason: str | None = None
    asks: tuple[Sequence[str], str] | None = None
    move: Move | None = None
    event: Event | None = None
    tag: Tag | None = None
    queue: str | None = None
    tells: Sequence[UUID] = ()
    moments: Sequence[Moment] = ()
    answer: Mapping[str, Any] = field(default_factory=dict)
    entry_id: UUID | None = None
    afterwards: Callable[[], None] = lambda: None


@dataclass(frozen=True, eq=False, kw_only=True)
class Act:
    """One thing staff can do with a ticket.

    Args:
        move: its name, its title on timelines, and from which state it leads where.
        do: carries it out, called with the hand and the inputs by name. `performing.perform` does everything around it.
        path: the resource below the ticket, for pages and API; `{name}` is the id of a row, an input of its own.
        chosen_by: the input that selects among acts that share a path.
        chosen_as: the value of `chosen_by` that selects it; without one any does. The first act needs no value.
        permission, whose, refusal: who may, and the sentence for everyone else.
        too_early: the sentence while the ticket's state does not allow it yet.
        tag, event, metric: what it writes to trail, outbox and metrics.
        done: the sentence after it, where `{text}` is the timeline's text; `done_elsewhere`: after a ticket left.
        other: the input that names a second ticket, which is locked too.
        is_never_stale: accepts any version (CONTRACT 15).
        is_settled: checked before the version: nothing is left to do. May raise an objection.
        doubt: the faults that only the ticket shows, of the good inputs; named together with the others.
        is_wanted: whether the page offers it for this ticket, beyond state and ownership.
        may: who, beyond `whose`.
        status: of the API's answer.
    """

    move: Move
    do: Callable[..., Outcome]
    path: str
    permission: Permission
    tag: Tag
    done: str
    form: Form
    whose: Whose = Whose.ANYBODYS
    refusal: str = "领取后才能处理这条问题"
    too_early: str = ""
    inputs: tuple[Input, ...] = ()
    event: Event | None = None
    metric: Metric | None = None
    chosen_by: str = ""
    chosen_as: str = ""
    other: str = ""
    done_elsewhere: str = ""
    forms: Callable[[Ticket], Sequence[Form]] | None = None
    is_never_stale: bool = False
    is_settled: Callable[[Hand], bool] | None = None
    doubt: Callable[[Hand, Mapping[str, Any]], Sequence[Fault]] | None = None
    is_wanted: Callable[[Session, Ticket], bool] = lambda session, ticket: True
    may: Callable[[Ticket, UUID | None], bool] = lambda ticket, user_id: True
    status: int = 200

    @property
    def name(self) -> str:
        """The act's only name: in timelines, form fields, `?done=` and the trail's refusals."""
        return self.move.name

    @property
    def verb(self) -> str:
        """What happens to its text: 发送 to the clinic, at once or once it is approved, or 保存."""
        return "保存" if all(self.sealed_as(text) == _INTERNAL for text in self.texts()) else "发送"

    def texts(self) -> list[Text]:
        return [entry for entry in self.inputs if isinstance(entry, Text)]

    def sealed_as(self, text: Text) -> str:
        """The field under which secrets found in this text are sealed, and by which a passage of it is named."""
        return text.sealed_as or ("reply" if self.move.is_public else _INTERNAL)

    def reaches_clinic(self, text: Text) -> bool:
        """Whether the clinic reads this text, at once or once it is approved."""
        return self.sealed_as(text) != _INTERNAL

    def values(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
        """The good inputs as `do` takes them, and every fault that can be found without the ticket.

        Missing ones are empty, or None for a change; undeclared ones are ignored.
        """
        raw = {asked.name: given.get(asked.name, _left_out(asked)) for asked in self.inputs}
        kept = {name: None for name, value in raw.items() if value is None}
        written = [asked for asked in self.inputs if asked.name not in kept]
        found = {asked.name: asked.fault(raw[asked.name]) for asked in written}
        good = {asked.name: asked.clean(raw[asked.name]) for asked in written if not found[asked.name]}
        return {**kept, **good}, [fault for fault in found.values() if fault]

    def page_faults(self, given: Mapping[str, Any]) -> list[Fault]:
        """What pages demand beyond the API."""
        return [
            Fault(asked.name, "required", asked.missing_on_page)
            for asked in self.inputs
            if asked.missing_on_page and free_text.is_blank(given.get(asked.name, ""))
            if not asked.needed_with or given.get(asked.needed_with)
        ]

    def forms_for(self, ticket: Ticket) -> Sequence[Form]:
        return self.forms(ticket) if self.forms else (self.form,)

    def is_offered(self, holding: Holding, user_id: UUID, role: str) -> bool:
        """Whether state and ownership allow it; the caller checks the permission."""
        return holding.state in self.move.leads and self.whose.includes(holding, user_id, role)
