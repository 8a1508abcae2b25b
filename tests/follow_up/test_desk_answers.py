"""当场解答: by whoever took or has a 咨询 or 建议, never on 求助; it ends every clock (DESK 3.2)."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.acts.table import CLAIM
from portal.audit.actor import clinic
from portal.clocks import rows
from portal.errors import ConflictError, ForbiddenError, InvalidError
from portal.follow_up import ratings
from portal.follow_up.desk_answers import DESK_ANSWER
from portal.follow_up.models import Rating, Survey
from portal.follow_up.ratings import AlreadyRatedError, Way
from portal.follow_up.recording import RECORD_RATING
from tests.acts.desk import Desk
from tests.factories.articles import Shelf
from tests.factories.cast import actor
from tests.factories.consultations import taken_call
from tests.factories.portals import Portal
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
TOLD: dict[str, Any] = {"text": "在随访表右上角点导出", "outcome": "told"}


def taken(portal: Portal, who: str = "agnes", request_type: str = "consultation") -> Desk:
    return Desk(portal.runtime, taken_call(portal.runtime, who, request_type))


def stored(portal: Portal, model: Any) -> list[Any]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(model)))


def test_whoever_took_the_call_answers_and_all_clocks_end(portal: Portal) -> None:
    for who, request_type in (("agnes", "consultation"), ("alice", "suggestion"), ("leo", "consultation")):
        desk = taken(portal, who, request_type)
        ticket = desk.act(DESK_ANSWER, who, **TOLD).ticket
        assert (ticket.state, ticket.closed_how, ticket.resolution) == ("closed", "desk", TOLD["text"])
        with portal.runtime.database.read() as session:
            assert {str(row.state) for row in rows.all_of(session, ticket.id)} <= {"met", "uncounted", "None"}
        assert desk.entries()[-1].is_public and ticket.first_replied_at is not None
    assert len(stored(portal, Survey)) == 3  # nobody asked on the phone: the clinic is asked


def test_with_the_callers_word_nobody_asks_again(portal: Portal) -> None:
    desk, runtime = taken(portal), portal.runtime
    given = {**TOLD, "rating.scale": "s0", "rating.label": "满意"}
    desk.act(DESK_ANSWER, "agnes", **given)
    [rating] = stored(portal, Rating)
    assert (rating.way, rating.scale, rating.label, rating.score) == ("desk", "s0", "满意", 5)
    assert stored(portal, Survey) == []
    for again in (
        lambda: ratings.give(runtime, clinic(), desk.ticket.id, None, ratings.read_score("5", "", ""), Way.PAGE),
        lambda: desk.act(RECORD_RATING, "leo", scale="s3", label="满意"),
    ):
        with pytest.raises(AlreadyRatedError):
            again()
    for changes, field in (
        ({"rating.label": "一般"}, "rating.label"),  # no word of that scale
        ({"rating.label": "不满意"}, "rating.reason"),
        ({"outcome": "await"}, "rating.label"),
        ({"outcome": ""}, "outcome"),
    ):
        with pytest.raises(InvalidError) as refused:
            taken(portal).act(DESK_ANSWER, "agnes", **{**given, **changes})
        assert [fault.field for fault in refused.value.faults] == [field]


def test_waiting_for_the_clinic_and_never_a_help_request_or_a_colleagues(portal: Portal) -> None:
    desk = taken(portal)
    assert desk.act(DESK_ANSWER, "agnes", **{**TOLD, "outcome": "await"}).ticket.state == "awaiting_confirmation"
    other = taken(portal)
    other.act(CLAIM, "alice")
    for who in ("agnes", "bob", "leo"):
        with pytest.raises(ForbiddenError):
            other.act(DESK_ANSWER, who, **TOLD)
    other.act(DESK_ANSWER, "alice", **TOLD)
    strict = Desk(portal.runtime, taken_call(portal.runtime, "agnes", "help"))
    with pytest.raises(ConflictError):
        strict.act(DESK_ANSWER, "agnes", **TOLD)
    clinics_own = Desk(portal.runtime, file_report(portal.runtime).number)
    with pytest.raises(ForbiddenError):
        clinics_own.act(DESK_ANSWER, "agnes", **TOLD)
    revealed = portal.api("agnes").post(
        f"/api/v1/tickets/{desk.number}/reveals", json={"field": "contact_phone", "reason": "回电"}
    )
    assert revealed.status_code == 403


def test_a_quoted_article_is_named_and_counted_once(portal: Portal) -> None:
    """On page and API alike; an unknown number is refused and nothing is answered."""
    shelf, desk = Shelf(portal.runtime), taken(portal)
    shelf.publish()
    with pytest.raises(InvalidError) as refused:
        desk.act(DESK_ANSWER, "agnes", **TOLD, articles=["ZS2020010001"])
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("articles", "not_found")]
    assert desk.ticket.is_open and shelf.uses() == []
    body = {"version": desk.ticket.version, **TOLD, "articles": [shelf.number]}
    answer = portal.api("agnes").post(f"/api/v1/tickets/{desk.number}/desk-answer", json=body)
    assert answer.status_code == 200, answer.text
    assert desk.ticket.resolution.endswith(f"（/help/{shelf.number}）")
    [use] = shelf.uses()
    assert (use.ticket_id, use.by_id) == (desk.ticket.id, actor(portal.runtime, "agnes").user_id)
