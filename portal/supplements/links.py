"""Supplement links: a clinic that reported over an open channel supplies its secrets here (REQUIREMENTS A8).

160 bits, stored as a hash, valid for 72 hours; opening one changes nothing. A link is made for one information request,
or for what the channel let off. Its hash is bound to its row: in the place of another link's row it opens nothing.
"""

import hmac
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
from portal.db import new_id
from portal.errors import ConflictError, NotFoundError
from portal.kinds.fields import FieldSpec
from portal.kinds.validation import Values
from portal.progress import lifecycle
from portal.progress.lifecycle import OPEN, Move, staying
from portal.reports.filing import NewPicture
from portal.runtime import Runtime
from portal.supplements import receiving, wanted
from portal.supplements.models import SupplementLink
from portal.tickets import lookup
from portal.tickets.models import Ticket
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
# Nothing is demanded, so that it stays our turn.
LINKED_AT_ONCE = Move("linked_at_once", "生成补充链接", OPEN, is_public=False, is_remark=True)
_LINK = OneTimeLink(
    "supplement link",
    timedelta(hours=72),
    RateLimit("supplement-address", most=30, minutes=10),
    "尝试次数过多，请在 {at} 以后再试",
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
    is_demanded: bool
    expires_at: datetime


def make(session: Session, runtime: Runtime, actor: Actor, number: str) -> tuple[Ticket, str, datetime]:
    """A new link for what the ticket waits for, else for what its channel let off; the previous one stops working.

    Returns the token, which is not stored.

    Raises:
        NotFoundError: absent, or of another queue.
        ConflictError: nothing is wanted.
    """
    standing.require(session, actor)
    ticket = lookup.find(session, actor, number, lock=True)
    now_wanted = wanted.of(session, ticket)
    fields = now_wanted.asked or now_wanted.let_off
    if not fields:
        raise ConflictError("目前没有需要机构补充的内容，不能生成补充链接")
    token, now = one_time_links.new_token(), clock.now()
    row = SupplementLink(
        id=new_id(),
        ticket_id=ticket.id,
        request_id=now_wanted.request.id if now_wanted.request and now_wanted.asked else None,
        token_hash=_LINK.token_hash(runtime.vault, token),
        made_by=actor.label,
        created_at=now,
        expires_at=_LINK.expires_at(now),
    )
    row.binding = _binding(runtime, token, row)
    session.execute(delete(SupplementLink).where(SupplementLink.ticket_id == ticket.id))
    session.add(row)
    lifecycle.apply(session, ticket, LINKED if row.request_id else LINKED_AT_ONCE, actor)
    trail.record(
        session, Tag.SUPPLEMENT_LINK_MADE, actor, ticket_number=ticket.number,
        particulars={"fields": [spec.name for spec in fields]},
    )  # fmt: skip
    return ticket, token, row.expires_at


def withdraw(session: Session, ticket: Ticket) -> None:
    """A listener: a ticket that has ended or left its queue has no link."""
    session.execute(delete(SupplementLink).where(SupplementLink.ticket_id == ticket.id))


def current(session: Session, ticket: Ticket) -> SupplementLink | None:
    """A ticket's valid link, for staff: who made it and until when it is valid. The token is not stored."""
    row = session.scalars(select(SupplementLink).where(SupplementLink.ticket_id == ticket.id)).first()
    return row if row is not None and _fields(session, ticket, row) else None


def opened(runtime: Runtime, token: str, address: str) -> OpenLink:
    """What a link asks for. Changes nothing: previews and scanners open links too.

    Raises:
        SupplementLinkOverError: unknown, used, expired or replaced.
        TooManyRequestsError: too many wrong links from this address.
    """
    _LINK.ensure_room(runtime.database, address, runtime.settings.or_call)
    token_hash = _LINK.token_hash(runtime.vault, token)
    with runtime.database.read() as session:
        row = session.scalars(select(SupplementLink).where(SupplementLink.token_hash == token_hash)).first()
        ticket = session.get(Ticket, row.ticket_id) if row else None
        is_bound = row is not None and hmac.compare_digest(row.binding, _binding(runtime, token, row))
        fields = _fields(session, ticket, row) if row and ticket and is_bound else []
    if row is None or ticket is None or not fields:
        _LINK.count_wrong_try(runtime.database, address)
        raise SupplementLinkOverError
    return OpenLink(row.id, ticket, fields, row.request_id is not None, row.expires_at)


def fields_left(runtime: Runtime, link: OpenLink) -> list[FieldSpec]:
    """What it opens now; nothing once it is over."""
    with runtime.database.read() as session:
        row = session.get(SupplementLink, link.id)
        return _fields(session, session.get_one(Ticket, link.ticket.id), row) if row else []


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
        row = session.get(SupplementLink, link.id)
        if row is not None and _fields(session, ticket, row):
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


def _fields(session: Session, ticket: Ticket, row: SupplementLink) -> list[FieldSpec]:
    """What the link opens now; nothing once it is used, expired, or its request is over."""
    if row.used_at is not None or not _LINK.is_valid(row.expires_at):
        return []
    now_wanted = wanted.of(session, ticket)
    if row.request_id is None:
        return now_wanted.fields
    is_its_request = now_wanted.request is not None and now_wanted.request.id == row.request_id
    return list(now_wanted.asked) if is_its_request else []


def _binding(runtime: Runtime, token: str, row: SupplementLink) -> str:
    return _LINK.binding(runtime.vault, token, row.id, row.ticket_id, row.request_id, int(row.expires_at.timestamp()))
