"""Supplement links: a clinic that reported over an open channel supplies its secrets here (REQUIREMENTS A8).

160 bits, stored as a hash, valid for 72 hours and for one information request; opening one changes nothing.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import one_time_links, standing
from portal.accounts.limiter import RateLimit
from portal.accounts.one_time_links import OneTimeLink
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError, NotFoundError
from portal.kinds.fields import FieldSpec
from portal.kinds.table import KINDS
from portal.kinds.validation import Values
from portal.reports.filing import NewPicture
from portal.runtime import Runtime
from portal.supplements import receiving
from portal.supplements.models import SupplementLink
from portal.tickets import information_requests, lifecycle, lookup
from portal.tickets.lifecycle import Move, staying
from portal.tickets.models import InformationRequest, Ticket
from portal.tickets.states import TicketState, Turn

PAGE = "/supplement"
LINKED = Move(
    "linked",
    "生成补充链接",
    staying(TicketState.AWAITING_INFORMATION),
    is_public=False,
    is_remark=True,
    turn=Turn.CLINIC,
)
_LINK = OneTimeLink(
    "supplement link",
    timedelta(hours=72),
    RateLimit("supplement-address", most=30, minutes=10),
    "尝试次数过多，请在 {at} 以后再试，或拨打服务电话",
)


class SupplementLinkOverError(NotFoundError):
    """Unknown, used, expired or replaced: indistinguishable."""

    def __init__(self) -> None:
        super().__init__("链接不能用了：可能已经用过、超过 72 小时，或换成了新的")


@dataclass(frozen=True)
class OpenLink:
    """What a valid link opens, and no more than its page may show."""

    id: uuid.UUID
    ticket: Ticket
    fields: Sequence[FieldSpec]
    message: str
    expires_at: datetime


def make(session: Session, runtime: Runtime, actor: Actor, number: str) -> tuple[Ticket, str, datetime]:
    """A new link for what the ticket waits for; the previous one stops working. Returns the token, which is not stored.

    Raises:
        NotFoundError: absent, or of another queue.
        ConflictError: nothing is asked for.
    """
    standing.require(session, actor)
    ticket = lookup.find(session, actor, number, lock=True)
    request = _waiting(session, ticket)
    if request is None:
        raise ConflictError("目前没有需要机构补充的内容，不能生成补充链接")
    token, now = one_time_links.new_token(), clock.now()
    expires_at = _LINK.expires_at(now)
    session.execute(delete(SupplementLink).where(SupplementLink.ticket_id == ticket.id))
    session.add(
        SupplementLink(
            ticket_id=ticket.id,
            request_id=request.id,
            token_hash=_LINK.token_hash(runtime.vault, token),
            made_by=actor.label,
            created_at=now,
            expires_at=expires_at,
        )
    )
    lifecycle.apply(session, ticket, LINKED, actor)
    trail.record(
        session, Tag.SUPPLEMENT_LINK_MADE, actor, ticket_number=ticket.number,
        particulars={"fields": list(request.missing)},
    )  # fmt: skip
    return ticket, token, expires_at


def withdraw(session: Session, ticket: Ticket) -> None:
    """A listener: a ticket that has ended or left its queue has no link."""
    session.execute(delete(SupplementLink).where(SupplementLink.ticket_id == ticket.id))


def current(session: Session, ticket: Ticket) -> SupplementLink | None:
    """A ticket's valid link, for staff: who made it and until when it is valid. The token is not stored."""
    request = _waiting(session, ticket)
    if request is None:
        return None
    row = session.scalars(select(SupplementLink).where(SupplementLink.ticket_id == ticket.id)).first()
    return row if row is not None and _is_open(row, request) else None


def opened(runtime: Runtime, token: str, address: str) -> OpenLink:
    """What a link asks for. Changes nothing: previews and scanners open links too.

    Raises:
        SupplementLinkOverError: unknown, used, expired or replaced.
        TooManyRequestsError: too many wrong links from this address.
    """
    _LINK.ensure_room(runtime.database, address)
    token_hash = _LINK.token_hash(runtime.vault, token)
    with runtime.database.read() as session:
        row = session.scalars(select(SupplementLink).where(SupplementLink.token_hash == token_hash)).first()
        ticket = session.get(Ticket, row.ticket_id) if row else None
        request = _waiting(session, ticket) if ticket else None
    if row is None or ticket is None or request is None or not _is_open(row, request):
        _LINK.count_wrong_try(runtime.database, address)
        raise SupplementLinkOverError
    kind = KINDS[ticket.kind_enum]
    fields = [kind.field(name) for name in request.missing if kind.asks(name)]
    return OpenLink(row.id, ticket, fields, request.message, row.expires_at)


def fields_left(runtime: Runtime, link: OpenLink) -> list[FieldSpec]:
    """What its ticket still waits for; nothing if it no longer does."""
    with runtime.database.read() as session:
        ticket = session.get_one(Ticket, link.ticket.id)
        request = _waiting(session, ticket)
    kind = KINDS[ticket.kind_enum]
    return [kind.field(name) for name in request.missing if kind.asks(name)] if request else []


def supply(runtime: Runtime, actor: Actor, link: OpenLink, values: Values, pictures: Sequence[NewPicture]) -> bool:
    """Receive a supplement through a link, by the usual rules; the link is used up once nothing is missing.

    Returns whether that is so now.

    Raises:
        InvalidError: every fault of the fields that were not stored.
        SupplementLinkOverError: the request has been answered or withdrawn.
    """
    try:
        ticket = receiving.supplement(runtime, actor, link.ticket.id, values, pictures)
    except ConflictError as error:
        raise SupplementLinkOverError from error
    with runtime.database.transaction() as session:
        if _waiting(session, ticket) is not None:
            return False
        used = session.execute(
            update(SupplementLink)
            .where(SupplementLink.id == link.id, SupplementLink.used_at.is_(None))
            .values(used_at=clock.now())
            .returning(SupplementLink.id)
        ).first()
        if used is not None:
            trail.record(session, Tag.SUPPLEMENT_LINK_USED, actor, ticket_number=ticket.number)
    return True


def _waiting(session: Session, ticket: Ticket) -> InformationRequest | None:
    """The request that the ticket waits for now; None in every other state."""
    if ticket.state_enum is not TicketState.AWAITING_INFORMATION:
        return None
    return information_requests.open_request(session, ticket)


def _is_open(row: SupplementLink, request: InformationRequest) -> bool:
    return row.used_at is None and row.request_id == request.id and _LINK.is_valid(row.expires_at)
