"""What became of a clinic's suggestion: told to it once the department's answer is verified (REQUIREMENTS K8)."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.collaboration.models import Collaboration, CollaborationEntry
from portal.collaboration.states import ANSWER, OUTCOME_LABELS, SuggestionOutcome
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import lifecycle
from portal.progress.lifecycle import ANY_STATE, ClockEffect, Move
from portal.tickets.models import Ticket

OUTCOME = Move("suggestion_outcome", "建议的处理", ANY_STATE, clock=ClockEffect.REPLIES)


def publish(session: Session, row: Collaboration, ticket: Ticket, actor: Actor) -> None:
    """A public line in the name of the person who verified: their word to the clinic. An ended ticket has no clock."""
    last = (
        select(CollaborationEntry.text)
        .where(CollaborationEntry.collaboration_id == row.id, CollaborationEntry.action == ANSWER.name)
        .order_by(CollaborationEntry.at.desc())
        .limit(1)
    )
    label = OUTCOME_LABELS[SuggestionOutcome(row.outcome)] if row.outcome else ""
    move = OUTCOME if ticket.is_worked else replace(OUTCOME, clock=None)
    lifecycle.apply(session, ticket, move, actor, text=f"您的建议，相关部门已答复（{label}）：{session.scalar(last)}")
    outbox.add(session, Event.REPLIED, ticket.number, by=actor.user_id)
