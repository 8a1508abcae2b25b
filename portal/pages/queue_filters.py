"""The filters of a queue, as addresses and posted searches hold them."""

import unicodedata
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from portal import clock
from portal.institutions.models import Level
from portal.kinds.names import Channel, RequestType
from portal.kinds.table import NUMBER_SHAPE, SYMPTOM
from portal.queues import queries
from portal.queues.queries import QueueFilter
from portal.sensitive_text.folding import search_form
from portal.tickets.states import TicketState, Turn, Urgency
from portal.web.body import PostedForm

MINE = "me"
GONE = "gone"  # 待交接: the owner is gone or away
FIRST = "first"  # 我首问的, whoever has them now
_MOST_TEXT = 80
_NO_GAPS = str.maketrans("", "", " -")
_AROUND = "#:.,;!?()[]<>{}\"'`=*_~|/\\。，；：！？、（）【】《》「」“”‘’"
_NAMES_OF_A_NUMBER = ("提报编号", "工单编号", "问题编号", "编号", "工单号", "工单", "单号", "提报")
MOST_NUMBER = 100  # signs of a text that can be a number with what is around it


@dataclass(frozen=True)
class Filters:
    """The filters of a queue page, as its address holds them. Unknown values are dropped."""

    state: str = ""
    assignee: str = ""
    turn: str = ""
    urgency: str = ""
    clock: str = ""
    request_type: str = ""
    module: str = ""
    channel: str = ""
    symptom: str = ""
    previous_system: str = ""
    archived: str = ""
    level: str = ""
    root_cause: str = ""
    since: str = ""
    until: str = ""
    q: str = ""

    @property
    def shown_state(self) -> str:
        """The state that is meant where the address names none: what waits for us, or all that is open of a person,
        a turn or a word.
        """
        is_wide = self.assignee or self.turn or self.q or self.clock
        if self.archived and not self.state:
            return queries.ALL
        return self.state or (queries.OPEN if is_wide else queries.TO_DO)

    @property
    def is_plain(self) -> bool:
        """The queue as it opens."""
        return self in (Filters(), Filters(state=queries.TO_DO))

    def query(self, **more: str | None) -> str:
        """`?state=…&q=…`, or nothing when no filter is set."""
        pairs = {name: value for name, value in {**asdict(self), **more}.items() if value}
        return f"?{urlencode(pairs)}" if pairs else ""

    def besides_text(self) -> dict[str, str]:
        """What a search carries along: every other filter that is set."""
        return {name: value for name, value in asdict(self.without_text()).items() if value}

    def without_text(self) -> "Filters":
        return replace(self, q="")

    def wanted(self, queue: str, user_id: uuid.UUID, outsiders: Callable[[], Collection[uuid.UUID]]) -> QueueFilter:
        """The list that they describe for one person. `outsiders`: who may no longer own tickets of the queue."""
        is_mine = MINE in (self.assignee, self.turn)
        return QueueFilter(
            queue=queue,
            state=self.shown_state,
            assignee=str(user_id) if is_mine else "" if self.assignee in (GONE, FIRST) else self.assignee,
            first_owner=user_id if self.assignee == FIRST and not is_mine else None,
            owners=outsiders() if self.assignee == GONE and not is_mine else None,
            turn=Turn.US.value if self.turn == MINE else self.turn,
            is_by_turn=bool(self.turn),
            urgency=Urgency[self.urgency.upper()].value if self.urgency else None,
            clock=self.clock,
            request_type=self.request_type,
            module=self.module,
            channel=self.channel,
            symptom=self.symptom,
            previous_system=self.previous_system,
            archived=self.archived,
            level=self.level,
            root_cause=self.root_cause,
            since=_day(self.since),
            until=_day(self.until, 1),
            text=self.q,
        )


def filters_of(given: Mapping[str, str]) -> Filters:
    """Read filters from an address or a posted search."""
    plain = {name: _plain(given.get(name, "")) for name in Filters.__dataclass_fields__}
    return Filters(
        state=_one_of(plain["state"], [*TicketState, queries.TO_DO, queries.OPEN, queries.ALL]),
        assignee=plain["assignee"][:40],
        turn=_one_of(plain["turn"], [MINE, Turn.US, Turn.CLINIC]),
        urgency=_one_of(plain["urgency"], [urgency.name.lower() for urgency in Urgency]),
        clock=_one_of(plain["clock"], [queries.DUE_SOON, queries.OVERDUE, queries.PAUSED]),
        request_type=_one_of(plain["request_type"], [*RequestType, queries.LEFT_HELP]),
        module=plain["module"][:100],
        channel=_one_of(plain["channel"], list(Channel)),
        symptom=_one_of(plain["symptom"], [queries.UNANSWERED, *(value for value, _ in SYMPTOM.choices)]),
        previous_system=plain["previous_system"][:100],
        archived=_one_of(plain["archived"], [queries.ARCHIVED, queries.TO_ARCHIVE]),
        level=_one_of(plain["level"], [queries.KEY, *Level]),
        root_cause=plain["root_cause"][:100],
        since=plain["since"] if _day(plain["since"]) else "",
        until=plain["until"] if _day(plain["until"]) else "",
        q=plain["q"][:_MOST_TEXT],
    )


def posted_filters(form: PostedForm) -> Filters:
    """The filters that a posted search includes."""
    return filters_of({name: form.get(name) for name in Filters.__dataclass_fields__})


def number_in(text: str) -> str | None:
    """The ticket number typed into a search field, if the text is nothing else but signs and a word that names it."""
    number = search_form(text[:MOST_NUMBER]).translate(_NO_GAPS).upper().strip(_AROUND)
    number = number.removeprefix(next(filter(number.startswith, _NAMES_OF_A_NUMBER), "")).strip(_AROUND)
    return number if NUMBER_SHAPE.fullmatch(number) else None


def _one_of(value: str, known: list[str]) -> str:
    return value if value in known else ""


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text if unicodedata.category(char) != "Cf").strip()


def _day(text: str, days_later: int = 0) -> datetime | None:
    """The beginning of a day in China, so many days later; None if the text is no day."""
    try:
        day = date.fromisoformat(text) + timedelta(days=days_later)
        return datetime.combine(day, time(), clock.CHINA) if 2000 <= day.year < 9000 else None
    except (ValueError, OverflowError):
        return None
