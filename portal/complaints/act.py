"""An act on a case: what pages, API, lines, trail and messages know of it, in one place (DESK 5.2).

The state machine is the table of acts (`acts.ACTS`): from which state each leads where, by whom, and what it needs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particular
from portal.complaints.access import Viewed
from portal.complaints.inputs import CaseInput
from portal.complaints.models import Complaint
from portal.complaints.names import ComplaintState
from portal.complaints.texts import Writer
from portal.errors import ConflictError, Fault
from portal.progress.hooks import Objection
from portal.runtime import Runtime
from portal.tickets.models import Ticket

S = ComplaintState
OPEN = tuple(state for state in ComplaintState if state is not S.ARCHIVED)


@dataclass(frozen=True)
class Taking:
    """One act under way: everything locked, judged and good."""

    session: Session
    runtime: Runtime
    actor: Actor
    viewed: Viewed
    ticket: Ticket | None
    writer: Writer

    @property
    def complaint(self) -> Complaint:
        return self.viewed.complaint

    @property
    def by_id(self) -> UUID:
        return self.viewed.user.id


@dataclass(frozen=True)
class Done:
    """The result of an act: the next state if it is not the act's own, words of its line, facts for the trail.

    `public`: the complainant reads the line; without words it is only named. `tag` replaces the act's own.
    """

    state: ComplaintState | None = None
    text: str = ""
    public: bool | None = None
    particulars: Mapping[str, Particular] = field(default_factory=dict)
    action: str = ""
    tag: Tag | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class CaseAct:
    """One thing that can be done with a case.

    Args:
        name: its name in lines, and its path for pages and API. title, button: on the page.
        leads: from which state to which; a state that is not a key refuses it.
        may: whether this person may, whose parts in the case are known. refusal: the sentence for all others.
        do: carries it out, called with the taking and the inputs by name.
        doubt: the faults that only the case shows, named together with the others.
        is_public: whether the complainant reads that it happened.
        is_wanted: whether the page offers it now, beyond state and right.
        on_joined: also on a case that was joined to another one.
        while_worked: inputs that are offered and taken only while the case is open and stands for itself.
    """

    name: str
    title: str
    button: str
    leads: Mapping[ComplaintState, ComplaintState]
    may: Callable[[Viewed], bool]
    refusal: str
    do: Callable[..., Done]
    tag: Tag
    inputs: tuple[CaseInput, ...] = ()
    doubt: Callable[[Taking, Mapping[str, Any]], Sequence[Fault]] | None = None
    is_public: bool = False
    is_wanted: Callable[[Session, Viewed], bool] = lambda session, viewed: True
    on_joined: bool = False
    while_worked: tuple[str, ...] = ()
    help: str = ""

    def inputs_for(self, complaint: Complaint) -> tuple[CaseInput, ...]:
        """What its form asks for in this case."""
        is_worked = complaint.is_open and complaint.joined_to_id is None
        return tuple(asked for asked in self.inputs if is_worked or asked.name not in self.while_worked)

    def values(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
        """The good inputs as `do` takes them, and every fault that can be found without the case."""
        raw = {asked.name: given.get(asked.name, [] if asked.is_list else "") for asked in self.inputs}
        found = {asked.name: asked.faults(raw[asked.name]) for asked in self.inputs}
        good = {asked.name: asked.clean(raw[asked.name]) for asked in self.inputs if not found[asked.name]}
        return good, [fault for faults in found.values() for fault in faults]


class StaleComplaintError(ConflictError):
    """It was changed by another request."""

    code = "stale"

    def __init__(self, label: str) -> None:
        super().__init__(f"您编辑期间，这件投诉有了变化，现在的状态是“{label}”。您写的内容还在，请核对后再保存")


class CaseObjectionError(ConflictError):
    """What is still missing, all at once."""

    code = "objection"

    def __init__(self, objections: Sequence[Objection]) -> None:
        super().__init__("；".join(objection.message for objection in objections))
        self.objections = tuple(objections)


def staying(*states: ComplaintState) -> dict[ComplaintState, ComplaintState]:
    return {state: state for state in states}
