"""What a ticket's collaborations have against its end: a clinic's own 已解决 is never refused (DESK 2.3)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from portal.acts.closing import CLOSE
from portal.acts.resolution import RESOLVE
from portal.collaboration import rows
from portal.collaboration.states import COLLABORATION_LABELS, OVER, VERIFIED, CollaborationKind
from portal.progress.hooks import ARCHIVE, Objection
from portal.progress.lifecycle import LAPSES
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState

_ENDS = (CLOSE.name, ARCHIVE, *LAPSES)
_NEEDS_NOTHING = (TicketState.MERGED, TicketState.VOID)  # archived with its reason alone (DESK 6.1)


def objections(session: Session, ticket: Ticket, act: str) -> Sequence[Objection]:
    """An objector. A result needs every help verified or withdrawn; an end by us needs everything filed."""
    if act == RESOLVE.name:
        settled, kinds, code = OVER | VERIFIED, frozenset({CollaborationKind.HELP}), "not_passed"
    elif act == ARCHIVE and ticket.state_enum in _NEEDS_NOTHING:
        return ()
    elif act in _ENDS:
        settled, kinds, code = OVER, frozenset(CollaborationKind), "not_filed"
    else:
        return ()
    what = "还没有验证通过" if code == "not_passed" else "还没有备案"
    return [
        Objection(code, f"协作 {row.number}（{COLLABORATION_LABELS[row.state_enum]}）{what}")
        for row in rows.of_ticket(session, ticket)
        if row.kind_enum in kinds and row.state_enum not in settled
    ]
