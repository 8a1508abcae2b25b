"""The posted forms and addresses of staff pages, read into plain values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlencode

from portal.disclosure.reasons import chosen_reason
from portal.kinds.names import Channel
from portal.kinds.table import SYMPTOM
from portal.tickets.states import TicketState
from portal.web.body import PostedForm

ALL = "all"
MINE = "me"
_MOST_TEXT = 80


@dataclass(frozen=True)
class Filters:
    """The filters of a queue page, as its address holds them. Unknown values are dropped."""

    state: str = ""
    assignee: str = ""
    channel: str = ""
    symptom: str = ""
    turn: str = ""  # 轮到我
    q: str = ""

    def query(self, **more: str | None) -> str:
        """`?state=…&q=…`, or nothing when no filter is set."""
        pairs = {name: value for name, value in {**asdict(self), **more}.items() if value}
        return f"?{urlencode(pairs)}" if pairs else ""

    def besides_text(self) -> dict[str, str]:
        """What a search carries along: every other filter that is set."""
        return {name: value for name, value in asdict(self.without_text()).items() if value}

    def without_text(self) -> "Filters":
        return replace(self, q="")


def filters_of(given: Mapping[str, str]) -> Filters:
    """Read filters from an address or a posted search."""
    return Filters(
        state=_one_of(given.get("state", ""), [*TicketState, ALL]),
        assignee=_plain(given.get("assignee", ""))[:40],
        channel=_one_of(given.get("channel", ""), list(Channel)),
        symptom=_one_of(given.get("symptom", ""), [value for value, _ in SYMPTOM.choices]),
        turn=_one_of(given.get("turn", ""), [MINE]),
        q=_plain(given.get("q", ""))[:_MOST_TEXT],
    )


def posted_filters(form: PostedForm) -> Filters:
    """The filters that a posted search includes."""
    return filters_of({name: form.get(name) for name in Filters.__dataclass_fields__})


def reveal_key(form: PostedForm) -> str:
    """The requested value's key; empty, which names none, if it cannot be a key."""
    key = form.get("field")
    return key if key.isprintable() else ""


def reveal_reason(form: PostedForm) -> str:
    """The chosen reason with the text added to it; raises InvalidError (see `chosen_reason`)."""
    return chosen_reason(form.get("reason"), form.get("reason_text"))


def _one_of(value: str, known: list[str]) -> str:
    return value if value in known else ""


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isprintable()).strip()
