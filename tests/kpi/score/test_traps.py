"""The fairness traps of DESK 6.6, one by one: what would raise a figure unfairly does not."""

from datetime import date, timedelta
from itertools import count

import pytest
from sqlalchemy import update

from portal import clock
from portal.db import insert_rows, new_id
from portal.follow_up.models import Rating
from portal.kpi.score import cases, policies, sheets
from portal.kpi.score.bands import Metric
from portal.kpi.score.cases import Case
from portal.kpi.score.models import WorkFact
from portal.kpi.score.months import Month
from portal.kpi.score.sheets import Place
from portal.tickets.models import Ticket
from tests.factories.cast import actor
from tests.factories.reports import file_report

MONTH = Month(date(2026, 10, 1))
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
DEFAULTS = {
    "queue": "general", "channel": "yxt", "request_type": "help", "urgency": 2, "symptom": "error",
    "touch_seconds": 60.0, "touch_working_seconds": 60.0, "reply_working_seconds": 600.0,
    "ended_on": date(2026, 10, 15), "ended_how": "confirmed", "is_confirmed": "yes",
}  # fmt: skip


class Book:
    """Facts of invented rounds; every ticket of it is filed once."""

    def __init__(self, portal, tickets=2):
        self.runtime = portal.runtime
        self.alice, self.bob = (actor(portal.runtime, name).user_id for name in ("alice", "bob"))
        self.tickets = [file_report(portal.runtime).number for _ in range(tickets)]
        with portal.runtime.database.read() as session:
            self.ids = [session.query(Ticket.id).filter_by(number=number).scalar() for number in self.tickets]
        self.rounds = {place: count(1) for place in range(tickets)}

    def add(self, ticket=0, times=1, **changes):
        """Rounds of alice's unless told otherwise; returns the number of the last one."""
        with self.runtime.database.transaction() as session:
            for _ in range(times):
                number = next(self.rounds[ticket])
                values = {**DEFAULTS, "first_claimer_id": self.alice, "resolver_id": self.alice, **changes}
                insert_rows(session, WorkFact(id=new_id(), ticket_id=self.ids[ticket], round=number, **values))
                now = update(Ticket).where(Ticket.id == self.ids[ticket])
                session.execute(now.values(round=number))
        return number

    def rate(self, number, score, ticket=0, **changes):
        values = {
            "scale": "s3", "label": "满意", "way": "page", "rated_at": MONTH.begins_at + timedelta(days=3),
            "resolver_id": self.alice, "reason": "", "comment": "", **changes,
        }  # fmt: skip
        with self.runtime.database.transaction() as session:
            insert_rows(session, Rating(id=new_id(), ticket_id=self.ids[ticket], round=number, score=score, **values))

    def sheet(self, person=None, month=MONTH, present=20, **places):
        with self.runtime.database.read() as session:
            rules = policies.of_month(session, month).rules
            found = cases.of_person(session, person or self.alice, month, rules)
            otherwise = cases.ended_otherwise(session, person or self.alice, month)
        return sheets.compute(found, places, present, rules, otherwise)

    def metric(self, metric, **more):
        return self.sheet(**more).inputs["metrics"][metric.value]


@pytest.fixture
def book(portal):
    return Book(portal)


def test_claim_and_sit_is_seen_beside_the_response(book):
    book.add(times=5, touch_working_seconds=10.0, reply_working_seconds=36_000.0)
    response = book.metric(Metric.RESPONSE)
    assert (response["points"], response["n"], response["median"]) == (20, 5, 10)
    assert response["beside"] == {"reply_n": 5, "reply_mean": 36_000, "reply_median": 36_000}


def test_closing_by_oneself_merging_and_voiding_raise_no_rate(book):
    book.add(times=4)
    book.add(ended_how="not_solved", is_confirmed="no")
    assert book.metric(Metric.RESOLUTION)["value"] == 80
    for how, result in (
        ("staff", book.alice), ("lapsed_confirmation", book.alice), ("desk", book.alice), ("reopened", book.alice),
        ("lapsed_information", book.alice), ("merged", None), ("void", None),
    ):  # fmt: skip
        book.add(1, times=3, ended_how=how, is_confirmed="none", resolver_id=result)
    sheet = book.sheet()
    assert (sheet.inputs["metrics"]["resolution"]["value"], sheet.inputs["metrics"]["resolution"]["n"]) == (80, 5)
    assert sheet.inputs["coverage"] == {
        "staff": 3, "lapsed_confirmation": 3, "desk": 3, "reopened": 3, "lapsed_information": 3, "merged": 3, "void": 3,
    }  # fmt: skip


def test_merged_and_void_tickets_are_no_work_done(book):
    book.add(0, ended_how="merged", is_confirmed="none")
    book.add(1, ended_how="void", is_confirmed="none")
    assert book.metric(Metric.VOLUME)["n"] == 0


def test_closing_one_ticket_twice_is_one(book):
    book.add(0, times=2)
    book.add(1)
    book.add(1, ended_how="reopened", is_confirmed="none")  # closed, and on the desk again
    assert book.metric(Metric.VOLUME)["n"] == 1
    assert book.metric(Metric.RESOLUTION)["beside"] == {"reopened": 2}


def test_easy_tickets_picked_are_seen_beside_the_volume(book):
    book.add(0, urgency=0, symptom="form_lost")
    book.add(1, urgency=2, symptom="")
    assert book.metric(Metric.VOLUME)["beside"] == {
        "urgency": {"critical": 1, "normal": 1}, "symptom": {"": 1, "form_lost": 1},
    }  # fmt: skip


def test_a_night_is_no_delay(book):
    """Filed on Thursday night, claimed the next morning: see also the facts' own test."""
    book.add(times=5, touch_seconds=39_600.0, touch_working_seconds=1_800.0)
    assert book.metric(Metric.RESPONSE)["points"] == 20


def test_a_phone_call_and_a_web_report_are_never_one_mean(book):
    book.add(times=5, touch_working_seconds=1_000.0)
    book.add(1, times=5, channel="phone", touch_working_seconds=5.0)
    response = book.metric(Metric.RESPONSE)
    assert (response["n"], response["value"]) == (5, 1_000)


def test_a_round_counts_in_the_month_in_which_it_ended_by_the_days_of_china(book):
    book.add(0, ended_on=MONTH.last)
    book.add(1, ended_on=MONTH.next.first)  # the result was given in October, the confirmation came on the 1st
    assert [book.metric(Metric.VOLUME, month=month)["n"] for month in (MONTH.before, MONTH, MONTH.next)] == [0, 1, 1]
    book.rate(1, 5, rated_at=MONTH.ends_at - timedelta(seconds=1))  # 15:59:59 UTC on the 31st
    book.rate(1, 1, ticket=1, rated_at=MONTH.ends_at)
    assert [book.metric(Metric.SATISFACTION, month=month)["value"] for month in (MONTH, MONTH.next)] == [5, 1]


def test_two_scales_are_no_mean_and_ones_own_note_is_none(book):
    last = book.add(times=8)
    for number in range(1, 6):
        book.rate(number, 4)
    book.rate(6, 1, scale="s0", label="不满意")
    book.rate(7, 5, way="desk")
    book.rate(last, 5, resolver_id=book.bob)
    satisfaction = book.metric(Metric.SATISFACTION)
    assert (satisfaction["n"], satisfaction["value"], satisfaction["points"]) == (5, 4, 25)
    assert satisfaction["beside"] == {"outside": {"desk_rating": 1, "other_scale": 1}}


def test_the_empty_month_gives_nothing_for_nothing(book):
    sheet = book.sheet(general=Place(0, [0, 3, 4, 5, 6]))
    assert [book.metric(metric)["points"] for metric in list(Metric)[:3]] == [None] * 3
    assert (sheet.points, sheet.out_of, sheet.grade) == (
        10,
        20,
        "未评级",
    )  # counts have their band


def test_four_cases_are_shown_and_not_scored(book):
    book.add(times=4)
    response, resolution = book.metric(Metric.RESPONSE), book.metric(Metric.RESOLUTION)
    assert (response["value"], response["points"], resolution["value"], resolution["points"]) == (60, None, 100, None)


def test_who_was_hardly_there_has_no_score(book):
    book.add(times=6)
    sheet = book.sheet(present=4)
    assert (sheet.points, sheet.out_of, sheet.grade) == (None, None, "未评级")
    assert book.sheet(present=5).points is not None


def test_ties_share_the_better_band_and_the_better_of_two_queues_counts(book):
    tied = Place(5, [5, 5, 1, 1, 1])
    last = Place(0, [9, 8, 7, 6, 0])
    assert book.metric(Metric.VOLUME, general=tied)["points"] == 10
    assert book.metric(Metric.VOLUME, general=last)["points"] == 5
    assert book.metric(Metric.VOLUME, general=last, his=tied)["points"] == 10
    assert book.metric(Metric.VOLUME, general=Place(0, [0, 9, 9, 9]))["points"] == 7  # four people: no ranking


def test_a_hand_over_leaves_each_figure_where_it_belongs(book):
    book.add(times=6, first_claimer_id=book.alice, resolver_id=book.bob)
    of_alice, of_bob = (book.sheet(person).inputs["metrics"] for person in (book.alice, book.bob))
    assert (of_alice["response"]["n"], of_alice["resolution"]["n"], of_alice["volume"]["n"]) == (6, 0, 0)
    assert (of_bob["response"]["n"], of_bob["resolution"]["n"], of_bob["volume"]["n"]) == (0, 6, 1)


def test_an_incident_is_one_case(backend):
    incident, other = new_id(), new_id()

    def case(outcome, incident_id=incident, value=None, is_counted=True):
        return Case("RC1", outcome, is_counted, incident_id=incident_id, value=value)

    def counted(found):
        return [(one.outcome, one.value) for one in found if one.is_counted]

    silent = case("lapsed_confirmation", is_counted=False)
    assert counted(cases.joined_results([case("confirmed"), silent, case("not_solved")])) == [("not_solved", None)]
    assert counted(cases.joined_results([case("confirmed"), silent, case("confirmed")])) == [("confirmed", None)]
    assert counted(cases.joined_results([silent, silent])) == []
    alone = [case("confirmed", None), case("confirmed", None), case("not_solved", other)]
    assert len(counted(cases.joined_results(alone))) == 3
    rated = [case("rated", value=5.0), case("rated", value=2.0), case("other_scale", value=1.0, is_counted=False)]
    assert counted(cases.joined_ratings(rated)) == [("rated", 3.5)]


def test_the_volume_of_everybody_is_what_each_sheet_says(book):
    book.add(0, times=2, resolver_id=book.bob)
    book.add(1, incident_id=new_id())
    with book.runtime.database.read() as session:
        counts = cases.volumes(session, MONTH, policies.of_month(session, MONTH).rules)
    assert counts == {(book.bob, "general"): 1, (book.alice, "general"): 1}
    assert clock.CHINA.utcoffset(None) == timedelta(hours=8)
