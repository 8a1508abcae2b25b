"""What is left of a call: the word 已解决 for the score, and for how long the other words stay."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.complaints.names import ComplaintState
from portal.db import new_id
from portal.follow_up.call_backs import records, said_solved, withdrawal
from portal.follow_up.call_backs.models import CallBack, CallBackRecord
from portal.follow_up.call_backs.names import Cause
from portal.follow_up.call_backs.records import Said
from portal.retention import expiry
from portal.runtime import Runtime
from tests.factories.call_backs import call_back, call_backs
from tests.factories.cast import actor
from tests.factories.complaints import MANAGERS, Case, add_people
from tests.factories.directories import add_entry
from tests.factories.moments import move_clock
from tests.factories.portals import Portal

CANARY = "金丝雀说柜子里没有纸"


def keeping(portal: Portal) -> Runtime:
    return replace(portal.runtime, settings=replace(portal.runtime.settings, keep_reports_days=90))


def record(portal: Portal, row: CallBack, said: Said, who: str = "agnes") -> None:
    records.write(portal.runtime, actor(portal.runtime, who), row.id, row.version, said)


def words(portal: Portal) -> str:
    with portal.runtime.database.read() as session:
        rows = [*session.scalars(select(CallBackRecord)), *session.scalars(select(CallBack))]
        return str([{name: value for name, value in vars(row).items() if name[0] != "_"} for row in rows])


def test_the_newest_word_of_a_round_counts(portal: Portal) -> None:
    """Not that of another round or ticket, of a complaint, or of somebody who does not know."""
    about, other = call_back(portal.runtime), call_back(portal.runtime)
    said = [("unhappy", "yes"), ("unhappy", "unknown"), ("unhappy", "no"), ("complaint", "yes")]
    expected = [True, True, False, False]
    with portal.runtime.database.transaction() as session:
        session.get_one(CallBack, other.id).cause = Cause.COMPLAINT.value
        session.get_one(CallBack, other.id).ticket_id = about.ticket_id
        of_round = (about.ticket_id, about.round)
        assert not said_solved.says_solved(session, *of_round)
        for place, (cause, word) in enumerate(said):
            row = about if cause == "unhappy" else other
            session.add(
                CallBackRecord(
                    id=new_id(), call_back_id=row.id, ticket_id=row.ticket_id, by_name="赵坐席", reached=True,
                    at=clock.now() + timedelta(minutes=place), solved=word,
                )
            )  # fmt: skip
            session.flush()
            assert said_solved.says_solved(session, *of_round) is expected[place], word
        session.query(CallBackRecord).filter_by(solved="no").delete()
        assert said_solved.says_solved(session, *of_round)
        assert not said_solved.says_solved(session, about.ticket_id, 2)
        of_rows = select(CallBack.id).where(said_solved.is_said_solved(CallBack.ticket_id, CallBack.round))
        assert set(session.scalars(of_rows)) == {about.id, other.id}


def test_words_of_no_ticket_go_as_long_after_the_end_as_a_report(portal: Portal, monkeypatch) -> None:
    """Those of a running call and of a ticket stay; level, answer and dates stay too."""
    runtime, leo = keeping(portal), actor(portal.runtime, "leo")
    agnes = {"due_at": clock.now(), "owner_id": actor(runtime, "agnes").user_id}
    places = [add_entry(runtime, village=f"张{place}屯卫生室").id for place in "一二三"]
    made = [call_back(runtime, None, Cause.APPOINTMENT, institution_id=at, asked=CANARY, **agnes) for at in places]
    record(portal, made[0], Said(True, "unsatisfied", aspect=CANARY, wish=CANARY, suggestion=CANARY, note=CANARY))
    withdrawal.withdraw(runtime, leo, made[1].id, made[1].version, CANARY)
    record(portal, call_back(runtime), Said(True, "satisfied", suggestion="界面字再大一点"))
    assert words(portal).count(CANARY) == 8

    move_clock(monkeypatch, days=runtime.settings.keep_reports_days + 1)
    with runtime.database.read() as session:
        assert expiry.due(session, runtime.settings)["call_backs"] == 2
    assert expiry.sweep(runtime)["call_backs"] == 2
    assert words(portal).count(CANARY) == 1 and "界面字再大一点" in words(portal)
    first = next(row for row in call_backs(runtime) if row.id == made[0].id)
    with runtime.database.read() as session:
        kept = session.scalars(select(CallBackRecord).where(CallBackRecord.call_back_id == first.id)).one()
    assert (kept.level, first.status, first.ended_at is None, first.institution) == (
        "unsatisfied", "done", False, "高唐县杨屯乡张一屯卫生室",
    )  # fmt: skip
    assert "call_backs" not in expiry.sweep(runtime)
    for_ever = replace(runtime.settings, keep_reports_days=0)
    with runtime.database.read() as session:
        assert "call_backs" not in expiry.due(session, for_ever)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_words_about_a_complaint_go_with_its_case(portal: Portal, monkeypatch) -> None:
    runtime = keeping(portal)
    add_people(runtime, MANAGERS)
    case = Case.for_caller(runtime, "agnes").bring_to(ComplaintState.ARCHIVED)
    with runtime.database.transaction() as session:
        row = session.scalars(select(CallBack).where(CallBack.complaint_id == case.row.id)).first()
        assert row is not None
        row.end_note = CANARY
    move_clock(monkeypatch, days=runtime.settings.keep_reports_days + 1)
    expiry.sweep(runtime)
    assert CANARY in words(portal)
    move_clock(monkeypatch, days=runtime.settings.keep_complaints_days + 1)
    expiry.sweep(runtime)
    assert CANARY not in words(portal)
