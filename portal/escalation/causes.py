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
    DRAFT_WAITING = "draft-waiting"
    ESCALATED = "escalated"
    CLINIC_ESCALATED = "clinic-escalated"
    LOW_RATINGS = "low-ratings"


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
        Step(event=Event.CRITICAL, people=(Concerned.DUTY,)),
        Step(event=Event.UNACKNOWLEDGED, people=(Concerned.LEADS,), after=UNACKNOWLEDGED_AFTER),
        Step(event=Event.UNACKNOWLEDGED, people=(Concerned.LEADS,), after=AGAIN_AFTER),
    ),
    Cause.CLOCK_50: (Step(event=Event.CLOCK_50, people=(Concerned.OWNER_OR_DUTY,)),),
    Cause.CLOCK_80: (Step(event=Event.CLOCK_80, people=(Concerned.OWNER, Concerned.DUTY)),),
    Cause.CLOCK_100: (
        Step(event=Event.CLOCK_100, people=(Concerned.OWNER, Concerned.DUTY, Concerned.LEADS, Concerned.FIRST_OWNER)),
    ),
    Cause.COLLABORATION_LATE: (
        Step(event=Event.COLLABORATION_LATE, people=(Concerned.NAMED, Concerned.OWNER)),
        Step(event=Event.COLLABORATION_LATE, people=(Concerned.LEADS,)),
    ),
    Cause.PROMISE_MISSED: (Step(event=Event.PROMISE_MISSED, people=_LEADS_AND_OWNER),),
    Cause.HAND_OVERS_3: (Step(event=Event.HAND_OVERS_3, people=_LEADS_AND_OWNER),),
    Cause.OFFER_EXPIRED: (Step(event=Event.OFFER_EXPIRED, people=_LEADS_AND_OWNER),),
    Cause.DRAFT_WAITING: (Step(event=Event.DRAFT_ASKED, people=(Concerned.LEADS,)),),
    Cause.ESCALATED: (
        Step(event=Event.ESCALATED, people=(Concerned.LEADS,)),
        Step(event=Event.ESCALATED, people=(Concerned.DUTY,)),
    ),
    Cause.CLINIC_ESCALATED: (
        Step(event=Event.CLINIC_ESCALATED, people=(Concerned.LEADS,)),
        Step(event=Event.CLINIC_ESCALATED, people=(Concerned.DUTY,)),
    ),
    Cause.LOW_RATINGS: (Step(event=Event.LOW_RATINGS, people=(Concerned.LEADS,)),),
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
    Cause.DRAFT_WAITING: "回复等主管审核，超过一个工作日",
    Cause.ESCALATED: "上报主管，等决定",
    Cause.CLINIC_ESCALATED: "机构要求主管处理",
    Cause.LOW_RATINGS: "同一位办理人连续低满意",
}
