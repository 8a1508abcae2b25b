"""What `GET /tickets` can be asked for, read into the filter of a list (CONTRACT 8)."""

from typing import Annotated

from fastapi import Query
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.accounts.users import name_key
from portal.api.moments import moment_of
from portal.api.schemas import QueryText
from portal.api.vocabularies import VOCABULARIES, one_of
from portal.errors import Fault, InvalidError, NotFoundError
from portal.kinds.names import RequestType
from portal.queues import queries
from portal.queues.queries import QueueFilter
from portal.tickets.models import Ticket
from portal.tickets.states import Origin, Turn, Urgency

ANY_QUEUE = "all"
_YES = "true"
_VOCABULARIES = {
    "queue": "QueueChoice", "state": "StateFilter", "turn": "Turn", "clock": "ClockFilter", "urgency": "Urgency",
    "symptom": "SymptomFilter", "scope": "ScopeFilter", "channel": "Channel", "sort": "TicketOrder",
    "coordination": "Coordination", "archived": "YesNo", "origin": "Origin", "request_type": "RequestType",
    "level": "InstitutionFilter",
}  # fmt: skip


class TicketFilters:
    """The parameters of the address but for search and paging; `owner` is another name of `assignee`.

    A word that is not in its vocabulary is a fault.
    """

    def __init__(
        self,
        queue: Annotated[QueryText, one_of("QueueChoice")] = ANY_QUEUE,
        state: Annotated[QueryText, one_of("StateFilter")] | None = None,
        assignee: QueryText = "",
        owner: QueryText = "",
        first_owner: QueryText = "",
        turn: Annotated[QueryText, one_of("Turn")] | None = None,
        clock: Annotated[QueryText, one_of("ClockFilter")] | None = None,
        urgency: Annotated[QueryText, one_of("Urgency")] | None = None,
        symptom: Annotated[QueryText, one_of("SymptomFilter")] | None = None,
        scope: Annotated[QueryText, one_of("ScopeFilter")] | None = None,
        channel: Annotated[QueryText, one_of("Channel")] | None = None,
        coordination: Annotated[QueryText, one_of("Coordination")] | None = None,
        origin: Annotated[QueryText, one_of("Origin")] | None = None,
        request_type: Annotated[QueryText, one_of("RequestType")] | None = None,
        archived: Annotated[QueryText, one_of("YesNo")] | None = None,
        module: QueryText = "",
        root_cause: QueryText = "",
        previous_system: QueryText = "",
        level: Annotated[QueryText, one_of("InstitutionFilter")] | None = None,
        institution: QueryText = "",
        since: Annotated[QueryText, Query(alias="from")] = "",
        until: Annotated[QueryText, Query(alias="to")] = "",
        sort: Annotated[QueryText, one_of("TicketOrder")] | None = None,
    ) -> None:
        self.words = {
            "queue": queue, "state": state or "", "turn": turn or "", "clock": clock or "", "urgency": urgency or "",
            "symptom": symptom or "", "scope": scope or "", "channel": channel or "", "sort": sort or "",
            "coordination": coordination or "", "origin": origin or "", "request_type": request_type or "",
            "archived": archived or "",
            "level": level or "",
        }  # fmt: skip
        self.assignee, self.first_owner = assignee or owner, first_owner
        self.previous_system, self.institution, self.module = previous_system, institution, module
        self.since, self.until, self.root_cause = since, until, root_cause

    def wanted(self, session: Session, principal: Principal, text: str) -> QueueFilter:
        """The list for one person.

        Raises:
            NotFoundError: a queue that is not theirs. InvalidError: every word that is none.
        """
        unknown = [name for name, word in self.words.items() if word and word not in VOCABULARIES[_VOCABULARIES[name]]]
        if "queue" in unknown or (self.words["queue"] not in (ANY_QUEUE, *principal.queues)):
            raise NotFoundError
        if unknown:
            raise InvalidError([Fault(name, "invalid", _UNKNOWN[name]) for name in unknown])
        words = self.words
        return QueueFilter(
            queue=words["queue"],
            queues=principal.queues if words["queue"] == ANY_QUEUE else (),
            state=words["state"] or (queries.ALL if words["archived"] == _YES else ""),
            assignee=_user_id(session, principal, self.assignee),
            turn=words["turn"],
            is_by_turn=words["sort"] == "turn",
            is_by_due=words["sort"] == "due",
            clock=words["clock"],
            urgency=Urgency[words["urgency"].upper()].value if words["urgency"] else None,
            request_type=words["request_type"],
            module=self.module,
            symptom=words["symptom"],
            channel=words["channel"],
            previous_system=self.previous_system,
            level=words["level"],
            root_cause=self.root_cause,
            since=moment_of("from", self.since, is_end=False),
            until=moment_of("to", self.until, is_end=True),
            text=text,
            conditions=self._conditions(session, principal),
        )

    def _conditions(self, session: Session, principal: Principal) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.words["scope"]:
            found.append(Ticket.scope == queries.stored_answer(self.words["scope"]))
        if self.words["coordination"]:
            found.append(Ticket.coordination == self.words["coordination"])
        if self.words["origin"]:
            found.append(Ticket.origin == self.words["origin"])
        if self.words["archived"]:
            is_archived = Ticket.archived_at.is_not(None)
            found.append(is_archived if self.words["archived"] == _YES else ~is_archived)
        if self.institution:
            found.append(Ticket.institution == self.institution)
        if self.first_owner:
            wanted = queries.person_of(_user_id(session, principal, self.first_owner))
            found.append(Ticket.first_owner_id.is_(None) if wanted is None else Ticket.first_owner_id == wanted)
        return found


_UNKNOWN = {
    "state": "没有这个状态，请核对",
    "turn": f"应为 {'、'.join(Turn)}",
    "clock": f"应为 {'、'.join(VOCABULARIES['ClockFilter'])}",
    "urgency": "没有这个紧急程度，请核对",
    "symptom": "没有这个现象，请核对",
    "scope": "没有这个影响范围，请核对",
    "channel": "没有这个渠道，请核对",
    "coordination": "没有这个协调范围，请核对",
    "request_type": f"应为 {'、'.join(RequestType)}",
    "archived": "应为 true 或 false",
    "level": f"应为 {'、'.join(VOCABULARIES['InstitutionFilter'])}",
    "origin": f"应为 {'、'.join(Origin)}",
    "sort": f"应为 {'、'.join(VOCABULARIES['TicketOrder'])}",
}


def _user_id(session: Session, principal: Principal, name: str) -> str:
    """What the filters call a person: an id, or `none`; a name that nobody has finds nothing."""
    if name in ("", queries.NOBODY):
        return name
    if name == "me":
        return str(principal.user_id)
    user_id = session.scalar(select(User.id).where(User.name_key == name_key(name)))
    return str(user_id or "nobody")
