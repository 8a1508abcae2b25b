"""Campaigns: whom they draw, how they are spread, nobody twice, and a report that names nobody."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal import clock
from portal.errors import InvalidError
from portal.follow_up.call_backs import due_steps, records
from portal.follow_up.call_backs.names import Level
from portal.follow_up.call_backs.records import Said
from portal.follow_up.campaigns import making, reporting, selecting
from portal.follow_up.campaigns.making import Wanted
from portal.follow_up.campaigns.models import Campaign
from portal.follow_up.campaigns.selecting import Selection, from_json
from portal.institutions.models import DirectoryEntry
from portal.keepers import contacts
from portal.keepers.contacts import ContactDetails
from portal.notify.models import StaffNotice
from tests.factories import people
from tests.factories.call_backs import call_back_now, call_backs, resolved_ticket
from tests.factories.cast import actor
from tests.factories.directories import add_entry
from tests.factories.moments import move_clock
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def places(portal: Portal, count: int, *, has_phone: bool = True) -> list[DirectoryEntry]:
    """Institutions, each with a contact that may be called."""
    leo = actor(portal.runtime, "leo")
    found = [add_entry(portal.runtime, village=f"样例{place}村卫生室") for place in range(count)]
    with portal.runtime.database.transaction() as session:
        for place, entry in enumerate(found if has_phone else []):
            details = ContactDetails(people.name(place), people.phone(place))
            contacts.add(session, portal.runtime, leo, entry.id, details)
    return found


def wanted(**changes: object) -> Wanted:
    today = clock.china_today()
    plain = Wanted("秋季回访", Selection(), 10, today, today + timedelta(days=6), ["agnes", "bob"], ["系统够快吗"])
    return replace(plain, **changes)  # type: ignore[arg-type]


def make(portal: Portal, **changes: object) -> Campaign:
    return making.make(portal.runtime, actor(portal.runtime, "leo"), wanted(**changes))


def test_it_is_spread_evenly_and_each_caller_is_told_once(portal: Portal) -> None:
    places(portal, 5)

    campaign = make(portal, size=4, seed="7")

    rows = call_backs(portal.runtime, campaign_id=campaign.id)
    ids = [actor(portal.runtime, name).user_id for name in ("agnes", "bob")]
    assert sorted(sum(row.owner_id == one for row in rows) for one in ids) == [2, 2]
    assert {(row.cause, row.status) for row in rows} == {("campaign", "open")}
    with portal.runtime.database.read() as session:
        found = selecting.matching(session, Selection(is_key=False))
        notices = [notice.event for notice in session.query(StaffNotice).all()]
    assert notices == ["campaign-assigned"] * 2
    assert (campaign.matching, campaign.size, campaign.seed) == (5, 4, "7")
    assert len(found) == 1  # the others were drawn, and nobody is called twice in 90 days


def test_the_same_seed_draws_the_same(backend: str) -> None:
    ids = [uuid.UUID(int=place) for place in range(50)]
    assert selecting.draw(ids, 9, "abc") == selecting.draw(ids, 9, "abc")
    assert selecting.draw(ids, 9, "abc") != selecting.draw(ids, 9, "abd")
    assert selecting.draw(ids, 60, "abc") == ids


def test_nobody_twice_in_ninety_days_but_key_institutions(portal: Portal, monkeypatch) -> None:
    first, _ = places(portal, 2)
    make(portal)
    with pytest.raises(InvalidError):
        make(portal)
    with portal.runtime.database.transaction() as session:
        session.execute(update(DirectoryEntry).where(DirectoryEntry.id == first.id).values(is_key=True))
    again = make(portal)
    assert [row.institution_id for row in call_backs(portal.runtime, campaign_id=again.id)] == [first.id]
    move_clock(monkeypatch, days=91)
    assert len(call_backs(portal.runtime, campaign_id=make(portal).id)) == 2


def test_the_filters_of_the_directory(portal: Portal) -> None:
    here, there = places(portal, 2)
    today = clock.china_today()
    resolved_ticket(portal.runtime, institution=here.name)
    with portal.runtime.database.transaction() as session:
        session.execute(
            update(DirectoryEntry).where(DirectoryEntry.id == there.id).values(county="茌平区", level="town")
        )
    during = {"tickets_from": today, "tickets_to": today}
    asked = {
        "with": (Selection(tickets="with", **during), [here.id]),
        "without": (Selection(tickets="without", **during), [there.id]),
        "county": (Selection(county="茌平区"), [there.id]),
        "level": (Selection(level="town"), [there.id]),
        "key": (Selection(is_key=True), []),
        "never called": (Selection(not_called_for=30), sorted([here.id, there.id])),
    }
    with portal.runtime.database.read() as session:
        found = {name: list(selecting.matching(session, selection)) for name, (selection, _) in asked.items()}
    assert found == {name: expected for name, (_, expected) in asked.items()}
    assert all(from_json(selection.as_json()) == selection for selection, _ in asked.values())


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"title": " ", "size": 0, "callers": []}, {"title", "size", "callers"}),
        ({"callers": ["agnes", "nobody"]}, {"callers"}),
        ({"questions": ["a", "b", "c", "d"]}, {"questions"}),
        ({"title": f"回访 {people.id_number(3)}"}, {"title"}),
        ({"starts_on": None, "ends_on": None}, {"starts_on", "ends_on"}),
        (
            {"selection": Selection(level="x", tickets="with", not_called_for=0)},
            {"level", "not_called_for", "tickets_from"},
        ),
        ({"selection": Selection(county="没有的县")}, {"selection"}),
    ],
)
def test_every_fault_at_once(portal: Portal, changes: dict[str, object], faults: set[str]) -> None:
    with pytest.raises(InvalidError) as refused:
        make(portal, **changes)
    assert {fault.field for fault in refused.value.faults} == faults


def test_the_report_counts_and_names_nobody_with_few_answers(portal: Portal, monkeypatch) -> None:
    runtime, agnes = portal.runtime, actor(portal.runtime, "agnes")
    places(portal, 7)
    add_entry(runtime, village="没有电话村卫生室")
    campaign = make(portal, callers=["agnes"])
    rows = call_backs(runtime, campaign_id=campaign.id, status="open")
    said = Said(True, "satisfied", suggestion="再快一点", answers=["够快"])
    for row in rows[:4]:
        records.write(runtime, agnes, row.id, row.version, said)

    few = _report(portal, campaign)
    assert (few.chosen, few.reached, few.no_contact, few.open) == (8, 4, 1, 3)
    assert (few.has_few_answers, few.suggestions, few.answers) == (True, (), ())
    assert few.levels[Level.SATISFIED].percent is None

    records.write(runtime, agnes, rows[4].id, 1, Said(True, "unsatisfied", aspect="太慢", wish="快"))
    records.write(runtime, agnes, rows[5].id, 1, Said(True, is_refused=True))
    enough = _report(portal, campaign)
    assert (enough.reached, enough.refused, enough.coverage.percent) == (5, 1, 62.5)
    assert enough.levels[Level.UNSATISFIED].percent == 20.0
    assert enough.suggestions == sorted(["再快一点"] * 4 + ["太慢", "快"])
    assert enough.answers == [["够快"] * 4]
    assert [(one.name, one.chosen, one.open) for one in enough.callers] == [("没有人", 1, 0), ("赵坐席", 7, 1)]

    move_clock(monkeypatch, days=20)
    due_steps.run(runtime)
    assert call_back_now(runtime, rows[6].id).status == "withdrawn"
    assert _report(portal, campaign).open == 0


def _report(portal: Portal, campaign: Campaign) -> reporting.Report:
    with portal.runtime.database.read() as session:
        return reporting.report_of(session, campaign)
