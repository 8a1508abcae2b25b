"""近期高频问题: what is counted, against what, and when a share is told."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import update

from portal import clock
from portal.accounts.models import User
from portal.accounts.principal import principal_of
from portal.acts.table import CLAIM, RESOLVE
from portal.tickets.models import Ticket
from portal.today import frequent
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.reports import file_report


def tables(portal, who="alice"):
    with portal.runtime.database.read() as session:
        reader = principal_of(session.get_one(User, actor(portal.runtime, who).user_id))
        return {table.title: table for table in frequent.read(session, reader, clock.now())}


def test_forms_and_causes_of_four_weeks_against_four_before(portal):
    """On both databases: names are read out of the answers."""
    runtime = portal.runtime
    names = ["高血压随访表"] * 3 + ["糖尿病随访表"]
    numbers = [file_report(runtime, symptom="form_lost", form_name=name).number for name in names]
    desk = Desk(runtime, numbers[0])
    desk.act(CLAIM)
    desk.act(RESOLVE, text="已恢复", root_cause="misuse")
    old = [file_report(runtime, symptom="form_lost", form_name="高血压随访表").number for _ in range(2)]
    older = file_report(runtime, symptom="form_lost", form_name="老人体检表").number
    with runtime.database.transaction() as session:
        for number, days in ((old[0], 30), (old[1], 55), (older, 57)):
            moved = {"submitted_at": clock.now() - timedelta(days=days)}
            session.execute(update(Ticket).where(Ticket.number == number).values(moved))
        session.execute(update(Ticket).where(Ticket.number == numbers[3]).values(state="void"))
    found = tables(portal)
    assert [(row.name, row.now, row.before) for row in found["表单"].rows] == [("高血压随访表", 3, 2)]
    assert found["表单"].n == 3
    assert [(row.name, row.now) for row in found["定性"].rows] == [("操作误解", 1)]
    assert "模块" not in found
    assert tables(portal, "hanna") == {}
    page, api = portal.signed_in("alice"), portal.api("alice")
    shown = {table["title"]: table for table in api.get("/api/v1/today").json()["frequent"]}
    assert shown["表单"]["rows"][0] == {
        "name": "高血压随访表", "now": 3, "before": 2, "change": "", "queues": {"general": 3},
    }  # fmt: skip
    for title, value, expected in (("表单", "高血压随访表", 3 + 1), ("定性", "misuse", 1)):
        table = shown[title]
        query = {"queue": "general", "from": table["since"], table["filter"]: value}
        assert len(api.get("/api/v1/tickets", params=query).json()["items"]) == expected, title
        link = f"/queues/general?state=all&amp;{table['filter']}={quote(value)}&amp;since={table['since']}"
        assert link in page.get("/desk/today").text, title
        assert numbers[0] in page.get(link.replace("&amp;", "&")).text, title


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [(12, 6, "多 100%"), (5, 10, "少 50%"), (6, 6, "持平"), (12, 4, ""), (4, 12, ""), (7, 0, "新出现")],
)
def test_fewer_than_five_are_never_a_share(now, before, words):
    assert frequent.Frequent("随访表", now, before).change == words
