"""One part of a contact of an institution, for who has to reach it now (DESK 3.6, SECURITY D-4 to D-6).

That is the institution's keeper, the owner of an open ticket of it, and the owner of an open call-back of it.
"""

import uuid

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.disclosure.disclose import ForeignTry, Revealed, ValueAccess, absence, disclose, known_key
from portal.disclosure.reasons import kept_reason
from portal.errors import ForbiddenError
from portal.institutions import directory
from portal.institutions.models import DirectoryEntry
from portal.keepers import contacts
from portal.keepers.assignment import is_keeper
from portal.progress import hooks
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from portal.tickets.states import OPEN_STATES, TicketState

_WORKED = tuple(state.value for state in OPEN_STATES if state is not TicketState.SUBMITTED)
_REFUSED = "只有这个机构的维护人、正在处理它的工单或回访它的人，才能查看联系方式"


def reveal(
    runtime: Runtime, actor: Actor, institution_id: uuid.UUID, contact_id: uuid.UUID, field: str, reason: str,
    *, is_confirmed: bool,
) -> Revealed:  # fmt: skip
    """Name or phone for a minute, under the policy of every reveal: reason, quota, trail, second confirmation.

    Raises:
        InvalidError: no reason. NotFoundError: no such contact or part. ForbiddenError: see `may_reveal`.
        DestroyedError, ConfirmationNeededError, TooManyRequestsError: see `disclose`.
    """
    reason = kept_reason(reason)

    def judge(session: Session) -> ValueAccess:
        entry = directory.find(session, institution_id)
        contact = contacts.find(session, institution_id, contact_id, lock=True)
        row = next((value for value in contacts.values_of(session, contact.id) if value.field == field), None)
        refusal = None if may_reveal(session, actor, entry) else ForbiddenError(_REFUSED)
        return ValueAccess(
            number="", name=known_key(row), row=row, reason=reason, refusal=refusal or absence(row),
            granted=(Tag.FIELD_REVEALED,), refused=Tag.REVEAL_REFUSED, subject=str(contact.id),
            particulars={"institution": entry.name, "contact": str(contact.id)},
        )  # fmt: skip

    return disclose(runtime, actor, judge, foreign=_none, is_confirmed=is_confirmed)


def may_reveal(session: Session, actor: Actor, entry: DirectoryEntry) -> bool:
    """Whether this person has to reach the institution now."""
    if actor.user_id is None or not entry.is_active:
        return False
    return (
        is_keeper(entry, actor.user_id)
        or _has_open_ticket(session, actor.user_id, actor.queues, entry.id)
        or hooks.is_to_call(session, entry.id, actor.user_id)
    )


def _has_open_ticket(session: Session, user_id: uuid.UUID, queues: tuple[str, ...], institution_id: uuid.UUID) -> bool:
    is_own = exists().where(
        Ticket.institution_id == institution_id, Ticket.assignee_id == user_id, Ticket.queue.in_(queues),
        Ticket.state.in_(_WORKED),
    )  # fmt: skip
    return session.scalar(select(is_own)) or False


def _none(session: Session) -> ForeignTry | None:
    """Every institution is within reach: who may not see a contact is refused, and that is recorded."""
    return None
