"""What the header of every staff page counts: one short read, made only by pages that show the header."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session
from starlette.requests import Request

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.accounts.start import start_page
from portal.calendar import working_days
from portal.disclosure import break_glass
from portal.errors import StorageUnavailableError
from portal.notify.header_counts import header_counts
from portal.queues import queries
from portal.runtime import runtime_of


@dataclass(frozen=True)
class StaffHeader:
    """Of one person.

    Attributes:
        start: the page that the logo leads to. states: the tickets of each queue by state.
        my_turn: the person's own tickets that wait for them, by queue; empty for those who work on none.
        notices: unseen ones. approvals: requests for 应急查看 that the person could decide.
        unknown_years: whose holidays are wanted and not known, for those who can enter them.
    """

    start: str = "/"
    states: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    my_turn: Mapping[str, int] = field(default_factory=dict)
    notices: int = 0
    approvals: int = 0
    unknown_years: tuple[int, ...] = ()

    def to_do(self, queue: str) -> int:
        """How many tickets of a queue wait for us."""
        return queries.to_do_of(self.states[queue]) if queue in self.states else 0


def staff_header(request: Request) -> StaffHeader:
    """Without the database the page still has its header, without counts."""
    principal = getattr(request.state, "principal", None)
    if principal is None:
        return StaffHeader()
    made: StaffHeader | None = getattr(request.state, "staff_header", None)
    if made is not None:
        return made
    try:
        with runtime_of(request).database.read() as session:
            return read(request, session, principal)
    except StorageUnavailableError:
        return StaffHeader(start_page(principal))


def read(request: Request, session: Session, principal: Principal) -> StaffHeader:
    """The header in a session of the page's own, kept for its template."""
    approves, counts = principal.can(Permission.APPROVE_BREAK_GLASS), header_counts(session, principal.user_id)
    header = StaffHeader(
        start=start_page(principal),
        states={queue: counts.states[queue] for queue in principal.queues},
        my_turn=counts.my_turn if principal.can(Permission.WORK_TICKET) else {},
        notices=counts.unseen,
        approvals=break_glass.waiting(session, principal.user_id, principal.queues) if approves else 0,
        unknown_years=working_days.unknown_years(session) if principal.can(Permission.KEEP_TIME) else (),
    )
    request.state.staff_header = header
    return header
