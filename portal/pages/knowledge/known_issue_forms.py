"""The form of a known issue, and its conversion into details."""

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
    """A known issue as entered; shown again together with the faults."""

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


def details_from(form: IssueForm) -> tuple[KnownIssueDetails, list[Fault]]:
    """The details, with a fault for an invalid time."""
    faults: list[Fault] = []
    words = (tidy(word) for word in re.split(r"[\r\n、，,；;]+", form.keywords))
    details = KnownIssueDetails(
        title=tidy(form.title),
        queues=tuple(dict.fromkeys(form.queues)),
        cause=form.cause.replace("\r\n", "\n").strip(),
        system=tidy(form.system),
        county=tidy(form.county),
        recovers_at=_moment(form.recovers_at.strip(), faults),
        workaround=form.workaround.replace("\r\n", "\n").strip(),
        keywords=tuple(dict.fromkeys(word for word in words if word)),
        ticket_number=normal_number(form.ticket_number),
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
