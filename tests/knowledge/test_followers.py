"""我也遇到: what is asked, what is kept, who opens it, when the contact goes."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from portal import clock
from portal.audit.actor import clinic
from portal.audit.models import AuditEvent
from portal.errors import ConflictError, InvalidError, NotFoundError, PortalError, TooManyRequestsError
from portal.follow_up.call_backs.models import CallBack
from portal.knowledge import followers, settled_calls
from portal.knowledge.models import Follower, KnownIssue
from portal.retention import schedule
from portal.retention.schedule import tombstone_file
from portal.tickets.models import Ticket
from portal.upkeep import rotation
from portal.vault.models import DataKey, SealedValue
from tests.factories.counts import open_counts
from tests.factories.known_issues import LIMIT, PHONE, add_issue, follow, settle_issue
from tests.factories.portals import Portal


def count(portal: Portal, model: type) -> int:
    with portal.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def sealed(portal: Portal) -> list[SealedValue]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(SealedValue).where(SealedValue.field.like("contact_%"))))


def settled_long_ago(portal: Portal) -> str:
    issue = add_issue(portal.runtime)
    number = follow(portal.runtime, issue).number
    settle_issue(portal.runtime, issue)
    with portal.runtime.database.transaction() as session:
        session.execute(update(KnownIssue).values(settled_at=clock.now() - timedelta(days=31)))
    return number


def test_it_keeps_the_contact_sealed_and_no_ticket(portal: Portal) -> None:
    receipt = follow(portal.runtime, add_issue(portal.runtime))
    assert receipt.number.startswith("YX")
    assert count(portal, Ticket) == 0
    with portal.runtime.database.read() as session:
        assert sum(open_counts(session).values()) == 0
    rows = {row.field: row for row in sealed(portal)}
    assert {name: row.value_masked for name, row in rows.items()} == {
        "contact_phone": "139****0017", "contact_name": "样**",
    }  # fmt: skip
    with portal.runtime.database.read() as session:
        assert portal.runtime.vault.open_value(session, rows["contact_phone"]) == PHONE


def test_the_same_press_gives_the_same_receipt(portal: Portal) -> None:
    issue = add_issue(portal.runtime)
    first, again = follow(portal.runtime, issue), follow(portal.runtime, issue)
    assert (again.number, again.query_code) == (first.number, first.query_code)
    other = follow(portal.runtime, issue, submission="t" * 32)
    assert other.number != first.number
    assert count(portal, Follower) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"institution": ""}, "institution"), ({"institution": "高唐县姜店镇"}, "institution"),
     ({"contact_phone": ""}, "contact_phone"), ({"contact_phone": "12"}, "contact_phone")],
)  # fmt: skip
def test_the_rules_are_those_of_the_long_form(portal: Portal, changes: dict[str, str], field: str) -> None:
    issue = add_issue(portal.runtime)
    with pytest.raises(InvalidError) as refused:
        follow(portal.runtime, issue, **changes)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert count(portal, Follower) == 0


def test_a_settled_issue_takes_none(portal: Portal) -> None:
    issue = settle_issue(portal.runtime, add_issue(portal.runtime))
    with pytest.raises(ConflictError):
        follow(portal.runtime, issue)
    issue.id = type(issue.id)(int=5)
    with pytest.raises(NotFoundError):
        follow(portal.runtime, issue)
    assert count(portal, DataKey) == 0


def test_too_many_from_one_address_are_refused(portal: Portal) -> None:
    issue, values = add_issue(portal.runtime), {"institution": ["高唐县杨屯乡张四屯卫生室"], "contact_phone": [PHONE]}
    few = type(LIMIT)(LIMIT.purpose, most=2, minutes=60)
    for n in range(3):
        try:
            followers.follow(portal.runtime, clinic("127.0.0.1"), issue.id, values, limit=few, submission=str(n) * 32)
        except TooManyRequestsError:
            assert n == 2
    assert count(portal, Follower) == 2


def test_it_opens_with_its_code_and_no_other(portal: Portal) -> None:
    issue = add_issue(portal.runtime)
    receipt = follow(portal.runtime, issue)
    other = follow(portal.runtime, issue, submission="t" * 32)
    visitor = clinic("127.0.0.1")
    assert followers.find(portal.runtime, visitor, receipt.number, receipt.query_code).number == receipt.number
    for number in (receipt.number, "YX2020010001"):
        with pytest.raises(PortalError) as refused:
            followers.find(portal.runtime, visitor, number, other.query_code)
        assert refused.value.status == 404


def test_the_trail_has_it_without_the_contact(portal: Portal) -> None:
    receipt = follow(portal.runtime, add_issue(portal.runtime))
    with portal.runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == "known-issue:follow")).one()
        assert row.particulars["follower"] == receipt.number
        assert PHONE not in str(vars(row))


def test_keys_verify_and_rotate_reach_the_contact(portal: Portal) -> None:
    follow(portal.runtime, add_issue(portal.runtime))
    opened = rotation.verify(portal.runtime)
    assert (opened.opened, opened.broken) == (2, [])
    rotation.rotate(portal.runtime, clinic())
    assert rotation.verify(portal.runtime).broken == []


def test_the_contact_is_destroyed_thirty_days_after_settling(portal: Portal) -> None:
    number = settled_long_ago(portal)
    rules = schedule.Schedule.of(portal.settings)
    schedule.run(portal.runtime, rules, is_quiet=True)
    rows = sealed(portal)
    assert [row.value_sealed for row in rows] == [None, None]
    assert count(portal, DataKey) == 0
    assert followers.destroy_old_contacts(portal.runtime) == 0
    with portal.runtime.database.read() as session:
        assert followers.by_number(session, number).contact_destroyed_at is not None
        assert session.scalars(select(AuditEvent).where(AuditEvent.tag == "known-issue:contacts-destroy")).one()


def test_a_younger_contact_stays(portal: Portal) -> None:
    settle_issue(portal.runtime, add_issue(portal.runtime))
    issue = add_issue(portal.runtime)
    follow(portal.runtime, issue)
    settle_issue(portal.runtime, issue)
    assert followers.destroy_old_contacts(portal.runtime) == 0
    assert all(row.value_sealed for row in sealed(portal))


def test_a_restored_database_destroys_the_contact_again(portal: Portal) -> None:
    settled_long_ago(portal)
    with portal.runtime.database.read() as session:
        key = session.scalars(select(DataKey)).one()
        kept = {name: getattr(key, name) for name in vars(key) if not name.startswith("_")}
    followers.destroy_old_contacts(portal.runtime)
    with portal.runtime.database.transaction() as session:
        session.add(DataKey(**kept))  # as an older backup has it
    assert schedule.reapply(portal.runtime, tombstone_file(portal.settings)) == 1
    assert count(portal, DataKey) == 0


def test_a_settled_issue_has_every_follower_with_a_phone_called(portal: Portal) -> None:
    runtime = portal.runtime
    issue = add_issue(runtime)
    numbers = {
        follow(runtime, issue).number,
        follow(runtime, issue, "t" * 32, institution="高唐县杨屯乡李庄卫生室").number,
    }
    settle_issue(runtime, issue)
    assert count(portal, CallBack) == 0, "a settlement holds the database no longer for 2,000 followers than for two"
    settled_calls.run(runtime)
    with runtime.database.read() as session:
        found = session.scalars(select(CallBack).where(CallBack.cause == "settled"))
        assert {row.subject_number for row in found} == numbers
