"""The list from which a ticket was opened: it travels in the address, so that the way back and to the next is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from sqlalchemy.orm import Session
from starlette.requests import Request

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import colleagues
from portal.casefile.typed_values import is_secret_like
from portal.kinds.table import kind_of
from portal.pages.queue_filters import Filters, filters_of
from portal.queues import queries
from portal.queues.queries import QueueFilter
from portal.tickets.models import Ticket
from portal.tickets.states import Turn
from portal.web.body import PostedForm

FIELD = "from"
PLAIN = Filters()
_LONGEST = 500


@dataclass(frozen=True)
class ListPlace:
    """A list of one queue, and the page of it by its cursor."""

    queue: str
    filters: Filters = PLAIN
    cursor: str = ""

    @property
    def text(self) -> str:
        """As addresses and forms carry it."""
        return f"{self.queue}{self.filters.query(cursor=self.cursor)}"

    @property
    def query(self) -> str:
        """`?from=…`; nothing for the queue as it opens, which a ticket's page assumes."""
        return "" if self.filters.is_plain and not self.cursor else f"?{urlencode({FIELD: self.text})}"

    @property
    def address(self) -> str:
        return f"/queues/{self.text}"

    def parts(self, session: Session, principal: Principal) -> Sequence[QueueFilter]:
        """The lists that the page shows below one another: in the plain queue first what waits for this person."""
        wanted = self.filters.wanted(
            self.queue, principal.user_id, lambda: colleagues.people_of(session, self.queue).absent
        )
        if not (self.filters.is_plain and principal.can(Permission.WORK_TICKET)):
            return [wanted]
        me = principal.user_id
        mine = QueueFilter(self.queue, state=queries.OPEN, assignee=str(me), turn=Turn.US.value, is_by_turn=True)
        return [mine, replace(wanted, not_of=me)]

    def beside(self, session: Session, principal: Principal, ticket: Ticket) -> tuple[str | None, str | None]:
        """The numbers before and after a ticket. What has left the list is followed by the list's first."""
        parts = self.parts(session, principal)
        at = queries.place_among(session, parts, ticket)
        if at is None:
            if parts[0].is_by_turn:
                return None, queries.first_of(session, [queries.beside(part, None) for part in parts])
            at = 0
        before = [queries.beside(parts[at], ticket, is_before=True)]
        before += [queries.beside(part, None, is_before=True) for part in reversed(parts[:at])]
        after = [queries.beside(parts[at], ticket)]
        after += [queries.beside(part, None) for part in parts[at + 1 :]]
        return queries.first_of(session, before), queries.first_of(session, after)


def place_of(request: Request, principal: Principal, form: PostedForm | None = None) -> ListPlace | None:
    """The list that a request names, if it is of a queue of this person's."""
    return place_in((form.get(FIELD) if form else "") or request.query_params.get(FIELD, ""), principal)


def place_in(text: str, principal: Principal) -> ListPlace | None:
    """The list that a text names (`ListPlace.text`), if it is of a queue of this person's."""
    queue, _, query = text[:_LONGEST].partition("?")
    if kind_of(queue) is None or queue not in principal.queues:
        return None
    given = dict(parse_qsl(query))
    filters = filters_of(given)
    if is_secret_like(filters.q):
        filters = filters.without_text()
    return ListPlace(queue, filters, given.get("cursor", ""))
