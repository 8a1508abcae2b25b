"""Comments and analyses: redacted with the ticket's other texts, emptied with the report, and in nothing that is sent,
listed or searched (DESK 4.7).
"""

import pytest
from sqlalchemy import select, text

from portal.audit.actor import clinic
from portal.audit.models import AuditEvent
from portal.follow_up import dissatisfactions, surveys
from portal.follow_up.dissatisfactions import Given
from portal.follow_up.models import Dissatisfaction, Rating, Survey
from portal.follow_up.surveys import Signer
from portal.notify.models import Delivery, OutboxMessage, StaffNotice
from portal.retention import destruction
from portal.tickets.models import Ticket, TimelineEntry
from portal.tracking import confirmation
from tests.factories.cast import actor
from tests.factories.rated import Rated

CANARY, DIGEST, MEASURE = "金丝雀说等了三天", "金丝雀的摘要", "金丝雀的措施"


@pytest.fixture
def kept(portal):
    rated = Rated(portal.runtime)
    rated.rate(1, "other", CANARY)
    [row] = rated.of(Dissatisfaction)
    given = Given(digest=DIGEST, measure=MEASURE)
    leo = actor(portal.runtime, "leo")
    portal.runtime.database.run(lambda session: dissatisfactions.change(session, portal.runtime, leo, row.id, 1, given))
    return rated


def everything(runtime, leaving_out=()):
    """Every value of every table as text, but for the tables that hold the words themselves."""
    with runtime.database.read() as session:
        tables = [table for table in Ticket.metadata.sorted_tables if table.name not in leaving_out]
        return {table.name: str(session.execute(select(table)).all()) for table in tables}


def test_no_word_and_no_level_is_anywhere_else(portal, kept):
    found = everything(portal.runtime, ("ratings", "dissatisfactions"))
    assert not [name for name, rows in found.items() if "金丝雀" in rows]
    with portal.runtime.database.read() as session:
        for model in (OutboxMessage, Delivery, StaffNotice, TimelineEntry, AuditEvent):
            assert not [row for row in session.scalars(select(model)) if "满意" in str(vars(row))], model
        survey = session.scalars(select(Survey)).one()
        token = Signer.of(portal.runtime.vault).token(survey)
        assert "满意" not in session.scalars(select(Ticket.search_text)).one()
    assert not [name for name, rows in everything(portal.runtime).items() if token in rows]
    for who in ("alice", "leo", "agnes"):
        browser = portal.signed_in(who)
        ticket = browser.get(f"/tickets/{kept.number}").text
        assert (CANARY in ticket) is (who in ("alice", "leo")), who
        for page in ("/queues/general?state=all", "/desk/today", "/account/notices"):
            assert CANARY not in browser.get(page).text, (who, page)
    assert CANARY not in portal.signed_in("leo").get("/dissatisfactions").text
    assert CANARY not in portal.api("leo").get(f"/api/v1/tickets/{kept.number}").text


def test_it_ends_with_the_report(portal, kept):
    confirmation.confirm(portal.runtime, clinic(), kept.ticket.id, is_solved=True, comment="")
    with portal.runtime.database.transaction() as session:
        ticket = session.get_one(Ticket, kept.ticket.id)
        destruction.destroy_report(session, ticket)
    [rating], [row] = kept.of(Rating), kept.of(Dissatisfaction)
    assert (rating.comment, rating.score, rating.reason) == ("", 1, "other")
    assert (row.digest, row.measure, row.status) == ("", "", "draft")
    assert kept.of(Survey) == []
    with portal.runtime.database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM ratings WHERE comment <> ''")) == 0


def test_a_link_is_bound_to_its_row(portal):
    """Its hash in the row of another survey opens nothing."""
    one, other = Rated(portal.runtime), Rated(portal.runtime)
    with portal.runtime.database.transaction() as session:
        rows = {row.ticket_id: row for row in session.scalars(select(Survey))}
        mine, theirs = rows[one.ticket.id], rows[other.ticket.id]
        token, stolen = Signer.of(portal.runtime.vault).token(mine), mine.token_hash
        mine.token_hash = "0" * 64
        session.flush()
        theirs.token_hash = stolen
    with pytest.raises(surveys.SurveyOverError):
        surveys.opened(portal.runtime, token, "127.0.0.1")
