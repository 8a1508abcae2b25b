"""What people are alerted of: who, in which step, and how long each step waits for an acknowledgement (DESK 1.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum, auto

from portal.notify.events import Event


class Cause(StrEnum):
    """Why an alert is raised."""

    CRITICAL = "critical"
    CLOCK_50 = "clock-50"
    CLOCK_80 = "clock-80"
    CLOCK_100 = "clock-100"
    COLLABORATION_LATE = "collaboration-late"
    PROMISE_MISSED = "promise-missed"
    HAND_OVERS_3 = "hand-overs-3"
    OFFER_EXPIRED = "offer-expired"
    ESCALATED = "escalated"
    CLINIC_ESCALATED = "clinic-escalated"


class Concerned(Enum):
    """Who is alerted."""

    OWNER = auto()
    OWNER_OR_DUTY = auto()  # on duty, where nobody has the ticket
    FIRST_OWNER = auto()
    DUTY = auto()
    LEADS = auto()  # of the ticket's queue
    NAMED = auto()  # whom the one that raises it names, such as a department's people


@dataclass(frozen=True)
class Step:
    """One step: what it says to whom; `after` the step before, if nobody has acknowledged it.

    None: the one that raises the alert says when.
    """

    event: Event
    people: tuple[Concerned, ...]
    after: timedelta | None = None


_LEADS_AND_OWNER = (Concerned.OWNER, Concerned.LEADS)
UNACKNOWLEDGED_AFTER = timedelta(minutes=15)
AGAIN_AFTER = timedelta(minutes=30)

STEPS: Mapping[Cause, tuple[Step, ...]] = {
    Cause.CRITICAL: (
        Step(Event.CRITICAL, (Concerned.DUTY,)),
        Step(Event.UNACKNOWLEDGED, (Concerned.LEADS,), UNACKNOWLEDGED_AFTER),
        Step(Event.UNACKNOWLEDGED, (Concerned.LEADS,), AGAIN_AFTER),
    ),
    Cause.CLOCK_50: (Step(Event.CLOCK_50, (Concerned.OWNER_OR_DUTY,)),),
    Cause.CLOCK_80: (Step(Event.CLOCK_80, (Concerned.OWNER, Concerned.DUTY)),),
    Cause.CLOCK_100: (
        Step(Event.CLOCK_100, (Concerned.OWNER, Concerned.DUTY, Concerned.LEADS, Concerned.FIRST_OWNER)),
    ),
    Cause.COLLABORATION_LATE: (
        Step(Event.COLLABORATION_LATE, (Concerned.NAMED, Concerned.OWNER)),
        Step(Event.COLLABORATION_LATE, (Concerned.LEADS,)),
    ),
    Cause.PROMISE_MISSED: (Step(Event.PROMISE_MISSED, _LEADS_AND_OWNER),),
    Cause.HAND_OVERS_3: (Step(Event.HAND_OVERS_3, _LEADS_AND_OWNER),),
    Cause.OFFER_EXPIRED: (Step(Event.OFFER_EXPIRED, _LEADS_AND_OWNER),),
    Cause.ESCALATED: (Step(Event.ESCALATED, (Concerned.LEADS,)), Step(Event.ESCALATED, (Concerned.DUTY,))),
    Cause.CLINIC_ESCALATED: (
        Step(Event.CLINIC_ESCALATED, (Concerned.LEADS,)),
        Step(Event.CLINIC_ESCALATED, (Concerned.DUTY,)),
    ),
}

CAUSE_LABELS: Mapping[Cause, str] = {
    Cause.CRITICAL: "特急",
    Cause.CLOCK_50: "时限用去一半",
    Cause.CLOCK_80: "时限用去八成",
    Cause.CLOCK_100: "超过时限",
    Cause.COLLABORATION_LATE: "协作超时",
    Cause.PROMISE_MISSED: "承诺没有兑现",
    Cause.HAND_OVERS_3: "这一轮转手三次",
    Cause.OFFER_EXPIRED: "转交没有人接",
    Cause.ESCALATED: "上报主管，等决定",
    Cause.CLINIC_ESCALATED: "机构要求主管处理",
}
