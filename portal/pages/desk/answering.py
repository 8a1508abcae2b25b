"""当场解答 on the page of 代客提报: the call is filed and answered in one go, in one transaction (DESK 3.2)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acts import performing
from portal.audit.actor import Actor
from portal.errors import Fault, InvalidError
from portal.follow_up.desk_answers import ANSWERABLE, DESK_ANSWER, TOLD
from portal.follow_up.scales import LABELS, REASON_LABELS, Scale
from portal.reports.draft_answers import Values
from portal.runtime import Runtime
from portal.sensitive_text import free_text
from portal.tickets.models import Ticket

TEXT, MOST = "desk_answer", 1000
LINES = ("desk_outcome", "desk_rating", "desk_reason", "desk_article")
RATINGS = tuple((word, word) for word in LABELS[Scale.S0])  # as people answer on the phone
REASONS = tuple((reason.value, label) for reason, label in REASON_LABELS.items())
_FIELD_OF = {
    "text": TEXT, "outcome": "desk_outcome", "articles": "desk_article", "rating.label": "desk_rating",
    "rating.scale": "desk_rating", "rating.reason": "desk_reason",
}  # fmt: skip


def is_wanted(values: Values) -> bool:
    """Whether the caller was answered: then the answer is filed with the call."""
    return not free_text.is_blank(_first(values, TEXT))


def faults(values: Values, request_type: str) -> list[Fault]:
    """What is wrong with the answer, beside the faults of the call."""
    if not is_wanted(values):
        return []
    if request_type not in ANSWERABLE:
        return [Fault(TEXT, "invalid", "求助不能当场解答，请删去答复，或把诉求类型改为咨询、建议")]
    return _renamed(DESK_ANSWER.values(_given(values))[1])


def afterwards(runtime: Runtime, actor: Actor, values: Values) -> Callable[[Session, Ticket], None]:
    """Answers the new ticket in the transaction that files it; raises InvalidError, and nothing is filed."""

    def answer(session: Session, ticket: Ticket) -> None:
        if not is_wanted(values):
            return
        version = session.scalars(select(Ticket.version).where(Ticket.id == ticket.id)).one()
        try:
            performing.perform(session, runtime, actor, DESK_ANSWER, ticket.number, version, _given(values))
        except InvalidError as error:
            raise InvalidError(_renamed(error.faults)) from None

    return answer


def _given(values: Values) -> Mapping[str, Any]:
    rated, article = _first(values, "desk_rating"), _first(values, "desk_article")
    return {
        "text": _first(values, TEXT), "outcome": _first(values, "desk_outcome") or TOLD, "keeps": [],
        "articles": [article.upper()] if article else [], "rating.scale": Scale.S0.value if rated else "",
        "rating.label": rated, "rating.reason": _first(values, "desk_reason") if rated else "",
    }  # fmt: skip


def _renamed(found: Sequence[Fault]) -> list[Fault]:
    return [Fault(_FIELD_OF.get(fault.field, TEXT), fault.code, fault.message) for fault in found]


def _first(values: Values, name: str) -> str:
    return next(iter(values.get(name, ())), "").strip()
