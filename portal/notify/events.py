"""The closed list of events to notify of (DESK N.1). A new one needs its recipients in `recipients.RULES`."""

from enum import StrEnum


class Event(StrEnum):
    """An event, as messages name it."""

    REPORT_FILED = "report-filed"
    REPLIED = "replied"
    INFORMATION_REQUESTED = "information-requested"
    INFORMATION_REMINDED = "information-reminded"
    SUPPLEMENTED = "supplemented"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CLOSED_UNANSWERED = "closed-unanswered"
    REOPENED = "reopened"
    CONFIRMATION_REMINDED = "confirmation-reminded"
    CLOSED_UNCONFIRMED = "closed-unconfirmed"
    VOID_ASKED = "void-asked"
    VOID_DECIDED = "void-decided"
    VOIDED = "voided"
    REMINDER_DUE = "reminder-due"
    KNOWN_ISSUE_SETTLED = "known-issue-settled"
    ASSIGNED = "assigned"
    OFFERED = "offered"
    OFFER_ANSWERED = "offer-answered"
    OFFER_EXPIRED = "offer-expired"
    REPLY_OVERDUE = "reply-overdue"
    BREAK_GLASS_ASKED = "break-glass-asked"
    BREAK_GLASS_DECIDED = "break-glass-decided"
    REVEAL_ALARM = "reveal-alarm"
    APPROVAL_ALARM = "approval-alarm"
    SAMPLE_QUESTIONED = "sample-questioned"
