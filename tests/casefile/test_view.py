"""A ticket as people see it, where its own kind does not say how."""

import pytest

from portal.acts.table import TRANSFER
from portal.casefile.view import ticket_view
from portal.kinds.table import HIS
from tests.acts.desk import Desk
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_what_the_former_track_asked_keeps_its_words(portal):
    desk = Desk(portal.runtime, file_report(portal.runtime, scope="batch").number)
    number = desk.act(TRANSFER, "leo", queue="his", text="结算的问题").ticket.number
    with portal.runtime.database.read() as session:
        fields = ticket_view(session, desk.ticket).fields
    left = {shown.label: list(shown.texts) for shown in fields if not HIS.asks(shown.name)}
    assert left == {"之前使用系统名称": ["浪潮系统"], "影响范围": ["批量居民都这样"]}
    page = portal.signed_in("leo").get(f"/tickets/{number}").text
    assert "<dt>影响范围</dt>" in page and "<dt>scope</dt>" not in page
