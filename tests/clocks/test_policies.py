"""Versions of the service times: the defaults, the next version, and that a ticket keeps its own (DESK 1.2)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal import clock
from portal.acts.table import CLAIM, RESOLVE
from portal.audit.actor import clinic
from portal.clocks import policies, policy_making, rows
from portal.clocks.arithmetic import Term
from portal.clocks.names import OF_COMPLAINTS, Unit
from portal.clocks.policies import Facts, Policy, TermRow
from portal.clocks.policy_making import Wanted
from portal.complaints import terms as case_terms
from portal.errors import ConflictError, InvalidError
from portal.tracking import confirmation
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report

MINUTES, OPEN_MINUTES, DAYS = Unit.MINUTES, Unit.WORKING_MINUTES, Unit.WORKING_DAYS


def first(portal: Portal) -> Policy:
    with portal.runtime.database.read() as session:
        return policies.of(session, 1)


def next_of(portal: Portal, **changed: Any) -> Policy:
    with portal.runtime.database.read() as session:
        newest = policies.every(session)[0]
    wanted = Wanted(
        newest.version, newest.hours.as_json(), " ".join(newest.quiet_hours), newest.switches, newest.terms, "试一试"
    )
    with portal.runtime.database.transaction() as session:
        return policy_making.make(session, actor(portal.runtime, "leo"), replace(wanted, **changed))


@pytest.mark.parametrize(
    ("name", "facts", "terms"),
    [
        ("touched", ("yxt", "general", "normal"), [Term(60, OPEN_MINUTES)]),
        ("touched", ("phone", "general", "normal"), []),
        ("replied", ("yxt", "general", "critical"), [Term(1440, MINUTES)]),
        ("replied", ("yxt", "special", "normal"), [Term(1440, MINUTES)]),
        ("replied", ("yxt", "cross_department", "normal"), [Term(2880, MINUTES)]),
        ("replied", ("yxt", "cross_province", "normal"), [Term(4320, MINUTES)]),
        ("next_word", ("visit", "general", "normal"), [Term(1440, MINUTES)]),
        ("solved", ("yxt", "cross_province", "critical"), [Term(480, MINUTES)]),
        ("solved", ("yxt", "cross_department", "urgent"), [Term(1, DAYS)]),
        ("solved", ("yxt", "general", "normal"), [Term(3, DAYS)]),
        ("solved", ("yxt", "cross_department", "normal"), [Term(5, DAYS)]),
        ("solved", ("yxt", "cross_province", "normal"), [Term(7, DAYS)]),
    ],
)
def test_the_defaults_are_those_of_the_documents(portal: Portal, name: str, facts: Any, terms: list[Term]) -> None:
    channel, coordination, urgency = facts
    assert first(portal).terms_of(name, Facts("general", channel, coordination, urgency)) == terms


def test_of_several_terms_the_earliest_moment_wins(portal: Portal) -> None:
    with portal.runtime.database.read() as session:
        time = first(portal).time(session)
    friday = datetime(2026, 11, 27, 16, tzinfo=clock.CHINA)
    natural, working = Term(72 * 60, MINUTES), Term(1, DAYS)

    assert rows.earliest([natural, working], friday, (), time) == natural
    assert rows.earliest([natural, working], friday - timedelta(days=3), (), time) == working


def test_a_ticket_keeps_the_version_of_its_filing_when_it_reopens_too(portal: Portal) -> None:
    old = Desk(portal.runtime)
    longer = [
        replace(row, term=Term(2 * 1440, MINUTES)) if row.clock == "replied" and row.coordination == "general" else row
        for row in first(portal).terms
    ]
    assert next_of(portal, terms=longer).version == 2
    new = Desk(portal.runtime, file_report(portal.runtime).number)
    old.act(CLAIM)
    old.act(RESOLVE, text="已恢复")
    confirmation.confirm(portal.runtime, clinic(), old.ticket.id, is_solved=False, comment="还不行")

    day = timedelta(days=1)
    assert (old.ticket.policy_version, new.ticket.policy_version) == (1, 2)
    assert new.ticket.reply_due_at - new.ticket.submitted_at == 2 * day
    assert old.ticket.round_began_at is not None
    assert old.ticket.reply_due_at - old.ticket.round_began_at == day


def test_a_version_of_a_later_day_waits_for_it(portal: Portal) -> None:
    tomorrow = clock.now() + timedelta(days=1)
    next_of(portal, valid_from=tomorrow)
    with portal.runtime.database.read() as session:
        assert policies.at(session, clock.now()).version == 1
        assert policies.at(session, tomorrow).version == 2


def test_the_switch_makes_the_provinces_reply_three_working_days_and_back(portal: Portal) -> None:
    def reply(policy: Policy) -> list[Term]:
        return policy.terms_of("replied", Facts("his", "yxt", "cross_province", "normal"))

    days = next_of(portal, switches={"claim_reason": "optional", "cross_province_reply": "working_days"})
    assert reply(days) == [Term(3, DAYS)]
    assert reply(next_of(portal, switches={**days.switches, "cross_province_reply": "hours"})) == [Term(4320, MINUTES)]


def test_every_fault_is_named_at_once(portal: Portal) -> None:
    terms = list(first(portal).terms)
    terms[9] = replace(terms[9], term=Term(0, MINUTES))
    with pytest.raises(InvalidError) as caught:
        next_of(
            portal, hours={"monday": "12:00-08:00"}, quiet_hours="spät", note=" ", terms=terms, switches={},
            valid_from=clock.now() - timedelta(days=1),
        )  # fmt: skip
    assert {fault.field for fault in caught.value.faults} == {
        "hours", "quiet_hours", "note", "terms.9.amount", "claim_reason", "cross_province_reply", "valid_from",
    }  # fmt: skip


def test_a_sort_of_tickets_without_a_term_is_refused(portal: Portal) -> None:
    with pytest.raises(InvalidError) as caught:
        next_of(portal, terms=[row for row in first(portal).terms if row.coordination != "cross_province"])
    assert [fault.field for fault in caught.value.faults] == ["terms"]


def test_two_makers_do_not_overwrite_each_other(portal: Portal) -> None:
    next_of(portal)
    with pytest.raises(ConflictError, match="第 2 版"):
        next_of(portal, version=1)


def test_a_case_that_runs_keeps_the_times_of_its_beginning(portal: Portal) -> None:
    """Every time of a complaint is a row that a lead changes; none may be left out of a whole version."""
    database, before = portal.runtime.database, clock.now()

    def ends(moment: datetime) -> dict[str, timedelta]:
        with database.read() as session:
            return {term: case_terms.end_of(session, term, moment) - moment for term in OF_COMPLAINTS}

    first_ends = ends(before)
    assert first_ends["complaint_review"].days == 30 and first_ends["complaint_unreached"].days == 7
    rows = [row for row in first(portal).terms if row.clock != "complaint_review"]
    next_of(portal, terms=[*rows, TermRow("complaint_review", Term(24 * 60, Unit.MINUTES))])
    assert ends(before) == first_ends
    assert ends(clock.now())["complaint_review"].days == 1
    others = [row for row in rows if not row.clock.startswith("complaint")]
    with pytest.raises(InvalidError) as refused:
        next_of(portal, version=2, terms=[*others, TermRow("complaint_review", Term(1, Unit.MINUTES), queue="his")])
    assert [fault.field for fault in refused.value.faults] == ["terms"]


def test_where_the_switch_says_so_a_claim_out_of_order_needs_its_reason(portal: Portal) -> None:
    Desk(portal.runtime)
    later = Desk(portal.runtime, file_report(portal.runtime).number)
    next_of(portal, switches={"claim_reason": "required", "cross_province_reply": "hours"})
    with pytest.raises(InvalidError) as caught:
        later.act(CLAIM)
    assert [(fault.field, fault.code) for fault in caught.value.faults] == [("reason", "required")]
    later.act(CLAIM, reason="urged")
    assert later.ticket.assignee_name
