"""Somebody on duty, something reported to a lead, and an alert that waits."""

from datetime import timedelta

from portal import clock
from portal.acts import performing
from portal.acts.table import URGENCY
from portal.escalation import duty
from portal.escalation.reporting import ESCALATE
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.ticket_pages import ticket_of


def add_escalation(portal: Portal, reported: str, critical: str) -> None:
    runtime, begin = portal.runtime, clock.now() - timedelta(hours=1)
    alice, leo = actor(runtime, "alice"), actor(runtime, "leo")
    with runtime.database.transaction() as session:
        for username, days in (("bob", 2), ("leo", 1)):
            duty.add_shift(
                session, leo, leo.queues, username=username, queue="general", starts_at=begin,
                ends_at=begin + timedelta(days=days),
            )  # fmt: skip
    for person, act, number, given in (
        (alice, ESCALATE, reported, {"reason": "客户不接受现在的方案，要求当天恢复"}),
        (leo, URGENCY, critical, {"urgency": "critical", "reason": "全院停诊"}),
    ):
        performing.carry_out(runtime, person, act, number, ticket_of(portal, number).version, given)
