"""Surveys: every result of a person asks its clinic how it was, once a round (REQUIREMENTS G14, DESK 4.2).

The row is made in the result's transaction, so that the tracking page asks at once. It stays open for 30 days, also
after the ticket is closed or reopened, and not while the ticket is merged or void. The link's token is worked out from
its row and stored as a hash: no page, no message and no log holds it.
"""

import hmac
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.limiter import RateLimit
from portal.accounts.one_time_links import OneTimeLink
from portal.db import new_id
from portal.errors import NotFoundError
from portal.follow_up.models import Rating, Survey
from portal.notify import outbox
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState
from portal.vault.vault import Vault

PAGE = "/survey"
LIFE = timedelta(days=30)
_SIGNER = "survey links"
_ENDED_OTHERWISE = (TicketState.MERGED, TicketState.VOID)
_HEX_DIGITS = 40
_LINK = OneTimeLink(
    "survey link",
    LIFE,
    RateLimit("survey-address", most=30, minutes=10),
    "尝试次数过多，请在 {at} 以后再试",
)


class SurveyOverError(NotFoundError):
    """Unknown or expired, or its ticket was merged or void: indistinguishable."""

    def __init__(self) -> None:
        super().__init__("评价链接不能用了：可能已经超过 30 天，或这条问题已合并、作废")


@dataclass(frozen=True)
class Signer:
    """Signs for listeners, which are given a session only."""

    sign: Callable[[str], str] = field(repr=False)

    @classmethod
    def of(cls, vault: Vault) -> "Signer":
        return cls(vault.signer(_SIGNER))

    def session_info(self) -> dict[str, object]:
        """The value for `Database.session_info` that lets results issue surveys."""
        return {_SIGNER: self}

    def token(self, survey: Survey) -> str:
        """Bound to everything that its row says: in the place of another row it opens nothing."""
        ends = int(survey.ends_at.timestamp())
        return self.sign(f"token|{survey.id}|{survey.ticket_id}|{survey.round}|{ends}")[:_HEX_DIGITS]

    def hashed(self, token: str) -> str:
        return self.sign(f"hash|{token}")


@dataclass(frozen=True)
class OpenSurvey:
    """What a valid link opens: a ticket's round, its number for the page, and whether somebody has answered."""

    ticket_id: uuid.UUID
    number: str
    round: int
    is_answered: bool


def issue(session: Session, ticket: Ticket) -> None:
    """A listener: a result asks its clinic, once a round, unless the caller has said it already (DESK 3.2)."""
    said = select(Rating.id).where(Rating.ticket_id == ticket.id, Rating.round == ticket.round)
    if session.scalar(said) is not None:
        return
    survey = of_round(session, ticket.id, ticket.round)
    if survey is not None:
        survey.resolver_id = ticket.resolved_by_id  # given again, perhaps by somebody else
        return
    now, signer = clock.now().replace(microsecond=0), _signer(session)
    survey = Survey(
        id=new_id(), ticket_id=ticket.id, round=ticket.round, resolver_id=ticket.resolved_by_id, issued_at=now,
        ends_at=now + LIFE,
    )  # fmt: skip
    survey.token_hash = signer.hashed(signer.token(survey))
    session.add(survey)
    outbox.add(session, Event.SURVEY, ticket.number)


def page_of(session: Session, ticket: Ticket, event: str) -> str | None:
    """Where the clinic answers the survey of the present round; "" once it is answered or over (see `hooks.Page`)."""
    if event != Event.SURVEY:
        return None
    survey = of_round(session, ticket.id, ticket.round)
    if survey is None or survey.answered_at is not None or not is_live(ticket, survey):
        return ""
    return f"{PAGE}/{_signer(session).token(survey)}"


def is_live(ticket: Ticket, survey: Survey) -> bool:
    return ticket.state_enum not in _ENDED_OTHERWISE and _LINK.is_valid(survey.ends_at)


def of_round(session: Session, ticket_id: uuid.UUID, round: int) -> Survey | None:
    found = select(Survey).where(Survey.ticket_id == ticket_id, Survey.round == round)
    return session.scalars(found).first()


def newest(session: Session, ticket: Ticket) -> Survey | None:
    """Of the last round that had a result."""
    found = select(Survey).where(Survey.ticket_id == ticket.id).order_by(Survey.round.desc()).limit(1)
    return session.scalars(found).first()


def opened(runtime: Runtime, token: str, address: str) -> OpenSurvey:
    """What a link asks for. Changes nothing: previews and scanners open links too.

    Raises:
        SurveyOverError: unknown or over.
        TooManyRequestsError: too many wrong links from this address.
    """
    _LINK.ensure_room(runtime.database, address, runtime.settings.or_call)
    with runtime.database.read() as session:
        signer = _signer(session)
        survey = session.scalars(select(Survey).where(Survey.token_hash == signer.hashed(token))).first()
        ticket = session.get(Ticket, survey.ticket_id) if survey else None
    if survey is None or ticket is None or not hmac.compare_digest(signer.token(survey).encode(), token.encode()):
        _LINK.count_wrong_try(runtime.database, address)
        raise SurveyOverError
    if not is_live(ticket, survey):
        raise SurveyOverError
    return OpenSurvey(ticket.id, ticket.number, survey.round, survey.answered_at is not None)


def _signer(session: Session) -> Signer:
    signer: Signer = session.info[_SIGNER]
    return signer
