"""Every text of every act: a secret in it is sealed at once, and all its words go with the report.

Table-driven, so that a text of tomorrow is among them.
"""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.acts import performing
from portal.acts.act import Act
from portal.acts.inputs import Text
from portal.casefile.acts import ACTS
from portal.db import Base
from portal.disclosure import text_redaction, text_restoring
from portal.errors import ForbiddenError
from portal.escalation.reporting import DECIDE_ESCALATION, ESCALATE
from portal.follow_up.desk_answers import DESK_ANSWER
from portal.follow_up.recording import RECORD_RATING
from portal.retention import schedule
from portal.retention.schedule import Schedule
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState
from tests.acts.desk import Desk
from tests.acts.test_table import OWNED, given, prepare, who
from tests.factories.cast import DEPARTMENT, actor, add_department
from tests.factories.consultations import as_taken
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
NAMES_A_PASSAGE = (text_redaction.SEAL, text_restoring.RESTORE)  # the words are those of another text
TRAIL = "audit_events"  # it keeps why something was done, without its secrets, for its own time
MONTH = Schedule(timedelta(0), None, timedelta(days=30), None)


def texts() -> list[tuple[Act, Text]]:
    """Without those that name a passage, and the number of a recording, which refuses what looks like a secret."""
    found = [(act, text) for act in ACTS if act not in NAMES_A_PASSAGE for text in act.texts()]
    return [(act, text) for act, text in found if text.name != "recording_ref"]


def secret_of(number: int) -> str:
    return f"Kanarie#{number:03}!Pw"


def word_of(number: int) -> str:
    return f"金丝雀{number:03}号"


def test_no_secret_stays_in_clear_and_no_word_outlives_its_report(portal: Portal) -> None:
    runtime = portal.runtime
    add_department(runtime, DEPARTMENT)
    written = {}
    for number, (act, text) in enumerate(texts()):
        desk = Desk(runtime)
        _write(desk, act, text, number)
        written[number] = f"{act.name}.{text.name}"
    kept = _cells(portal)
    secrets = {words for number, words in written.items() if secret_of(number) in kept}
    assert secrets == set(), "in clear"
    assert sum(word_of(number) in kept for number in written) > len(written) * 2 / 3  # the words are stored at all

    with runtime.database.transaction() as session:
        ended = {"state": "closed", "is_open": False, "closed_at": clock.now() - timedelta(days=40)}
        session.execute(update(Ticket).values(**ended))
    schedule.run(runtime, MONTH, is_quiet=True)
    left = _cells(portal, but=TRAIL)
    assert {words for number, words in written.items() if word_of(number) in left} == set(), "outlives its report"


def _write(desk: Desk, act: Act, text: Text, number: int) -> None:
    typed = f"{word_of(number)}，密码：{secret_of(number)}"
    values = _ready(desk, act) | {text.name: typed if text.most >= len(typed) else word_of(number)}
    for name in dict.fromkeys((_who(act), "leo")):  # some words are a lead's
        try:
            _carry_out(desk, name, act, values)
        except ForbiddenError:
            continue
        return
    raise AssertionError(f"nobody may {act.name}")


def _ready(desk: Desk, act: Act) -> dict[str, Any]:
    """Bring the ticket to where the act is possible; good values for its inputs."""
    if act is RECORD_RATING:
        desk.bring_to(TicketState.AWAITING_CONFIRMATION)
        return {"scale": "s3", "label": "不满意", "reason": "other"}
    if act is DESK_ANSWER:
        as_taken(desk.runtime, desk.number, "agnes")
        return {"outcome": "told"}
    states = [state for state in act.move.leads if act.whose not in OWNED or state is not TicketState.SUBMITTED]
    desk.bring_to(TicketState.IN_PROGRESS if TicketState.IN_PROGRESS in states else states[0])
    prepare(desk, act)
    if act is DECIDE_ESCALATION:
        desk.act(ESCALATE, reason="要另一个部门配合")
    return given(act, desk.runtime)


def _who(act: Act) -> str:
    return "agnes" if act in (RECORD_RATING, DESK_ANSWER) else who(act)


def _carry_out(desk: Desk, name: str, act: Act, values: dict[str, Any]) -> None:
    runtime, person = desk.runtime, actor(desk.runtime, name)
    performing.carry_out(runtime, person, act, desk.number, desk.ticket.version, values, seal_found=True)


def _cells(portal: Portal, but: str = "") -> str:
    """Everything that any table says in clear."""
    tables = [table for table in Base.metadata.sorted_tables if table.name != but]
    with portal.runtime.database.read() as session:
        return "\n".join(str(session.execute(select(table)).all()) for table in tables)
