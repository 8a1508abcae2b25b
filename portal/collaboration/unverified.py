"""Nothing unverified reaches a clinic: no piece of 20 or more signs of an answer that has not passed (DESK 2.3)."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.collaboration.models import Collaboration, CollaborationEntry
from portal.collaboration.states import ANSWER, VERIFIED
from portal.progress.hooks import Objection
from portal.sensitive_text.folding import folded, nfkc
from portal.tickets.models import Ticket

PIECE = 20
CODE = "not_verified"


def refusal(session: Session, ticket: Ticket, text: str) -> Objection | None:
    """A reader: why a clinic may not read this text yet. What has also passed elsewhere is no longer unverified."""
    found = _answers(session, ticket)
    if not found or len(written := _signs(text)) < PIECE:
        return None
    passed = {piece for answer, has_passed in found if has_passed for piece in _pieces(_signs(answer))}
    for answer, has_passed in found:
        if not has_passed and not _pieces(written).isdisjoint(_pieces(_signs(answer)) - passed):
            return Objection(
                CODE, f"这里有 {PIECE} 个字以上与部门的反馈相同，那条反馈还没有验证通过。请先验证，或用自己的话写"
            )
    return None


def _answers(session: Session, ticket: Ticket) -> list[tuple[str, bool]]:
    """Every answer of this ticket and of those worked together with it: its text, and whether it has passed.

    Of a collaboration that has passed, only the last answer has: the ones before were returned.
    """
    worked_id = ticket.worked_as_id or ticket.id
    together = select(Ticket.id).where(or_(Ticket.id == worked_id, Ticket.worked_as_id == worked_id))
    query = (
        select(CollaborationEntry.collaboration_id, CollaborationEntry.text, Collaboration.status)
        .join(Collaboration, Collaboration.id == CollaborationEntry.collaboration_id)
        .where(Collaboration.ticket_id.in_(together), CollaborationEntry.action == ANSWER.name)
        .order_by(CollaborationEntry.at)
    )
    answers = session.execute(query).all()
    last = {collaboration_id: text for collaboration_id, text, _ in answers}
    return [(text, state in VERIFIED and text == last[its]) for its, text, state in answers]


def _signs(text: str) -> str:
    """Letters and digits only, in one form: punctuation, blanks and what nobody sees hide nothing."""
    return "".join(sign for sign in nfkc(folded(text).text).casefold() if sign.isalnum())


def _pieces(signs: str) -> set[str]:
    return {signs[at : at + PIECE] for at in range(len(signs) - PIECE + 1)}
