"""A thread is insert-only, on both databases: redacted by hand and emptied with its report, and never else."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.collaboration.states import CollaborationState as C
from portal.disclosure.text_redaction import SEAL
from portal.retention import destruction
from portal.tickets import lookup
from tests.factories.cast import actor
from tests.factories.collaborations import ANSWER_TEXT, ASK, Case


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE collaboration_entries SET text = 'x'",
        "UPDATE collaboration_entries SET text = ''",
        "UPDATE collaboration_entries SET actor_label = 'x'",
        "UPDATE collaboration_entries SET to_state = 'passed'",
        "DELETE FROM collaboration_entries",
    ],
)
def test_nobody_rewrites_a_line(portal, statement):
    case = Case(portal.runtime)
    case.bring_to(C.IN_WORK)
    with pytest.raises(DBAPIError, match="insert-only"), portal.runtime.database.transaction() as session:
        session.execute(text(statement))
    assert [line.text for line in case.entries()] == [ASK, ""]


def test_a_passage_is_hidden_by_hand(portal):
    case = Case(portal.runtime)
    case.bring_to(C.ANSWERED)
    case.desk.act(SEAL, passage="接口网关", kind="other", field="collaboration")
    assert case.entries()[-1].text != ANSWER_TEXT
    assert "接口网关" not in case.entries()[-1].text


def test_it_is_emptied_with_its_report(portal):
    case = Case(portal.runtime)
    case.bring_to(C.FILED)
    with portal.runtime.database.transaction() as session:
        ticket = lookup.find(session, actor(portal.runtime, "alice"), case.desk.number, lock=True)
        destruction.destroy_report(session, ticket)
    assert {line.text for line in case.entries()} == {""}
    assert case.row.status == "filed"
