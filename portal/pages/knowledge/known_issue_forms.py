"""What the form of a known issue carries, and how its words become details."""

import re
from dataclasses import dataclass
from datetime import datetime

from portal import clock
from portal.errors import Fault
from portal.institutions.directory import tidy
from portal.knowledge.known_issues import KnownIssueDetails
from portal.knowledge.models import KnownIssue
from portal.tickets.numbering import normal_number

_TIMES = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M")


@dataclass(frozen=True)
class IssueForm:
    """A known issue as typed, to be shown again beside the faults."""

    title: str = ""
    queues: tuple[str, ...] = ()
    system: str = ""
    county: str = ""
    cause: str = ""
    recovers_at: str = ""
    workaround: str = ""
    keywords: str = ""
    ticket_number: str = ""


def form_of(issue: KnownIssue) -> IssueForm:
    """A known issue as kept."""
    recovers_at = f"{clock.in_china(issue.recovers_at):%Y-%m-%dT%H:%M}" if issue.recovers_at else ""
    return IssueForm(
        title=issue.title,
        queues=tuple(issue.queues),
        system=issue.system,
        county=issue.county,
        cause=issue.cause,
        recovers_at=recovers_at,
        workaround=issue.workaround,
        keywords="、".join(issue.keywords),
        ticket_number=issue.ticket_number,
    )


def details_from(typed: IssueForm) -> tuple[KnownIssueDetails, list[Fault]]:
    """The typed words as details, with the fault of a time that is none."""
    faults: list[Fault] = []
    words = (tidy(word) for word in re.split(r"[\r\n、，,；;]+", typed.keywords))
    details = KnownIssueDetails(
        title=tidy(typed.title),
        queues=tuple(dict.fromkeys(typed.queues)),
        cause=typed.cause.replace("\r\n", "\n").strip(),
        system=tidy(typed.system),
        county=tidy(typed.county),
        recovers_at=_moment(typed.recovers_at.strip(), faults),
        workaround=typed.workaround.replace("\r\n", "\n").strip(),
        keywords=tuple(dict.fromkeys(word for word in words if word)),
        ticket_number=normal_number(typed.ticket_number),
    )
    return details, faults


def _moment(text: str, faults: list[Fault]) -> datetime | None:
    if not text:
        return None
    for shape in _TIMES:
        try:
            moment = datetime.strptime(text, shape).replace(tzinfo=clock.CHINA)
        except ValueError:
            continue
        if 2000 <= moment.year < 9000:
            return moment
    faults.append(Fault("recovers_at", "invalid", "预计恢复时间看不懂，请写成 2026-07-22 17:30"))
    return None
