"""The sections of 今日 that alerts and 上报 fill."""

import pytest

from portal import clock
from portal.accounts.models import User
from portal.accounts.principal import principal_of
from portal.acts.table import CLAIM, URGENCY
from portal.escalation.reporting import ESCALATE
from portal.today import alerts
from tests.acts.desk import Desk
from tests.factories.cast import actor

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def sections(portal, name):
    with portal.runtime.database.read() as session:
        reader = principal_of(session.get_one(User, actor(portal.runtime, name).user_id))
        made = (alerts.section(session, reader, clock.now()), alerts.undecided(session, reader, clock.now()))
    return [[(line.number, line.words) for line in one.lines] if one else None for one in made]


def test_alerts_come_to_those_they_reached_and_reports_to_leads(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    assert sections(portal, "leo") == [[], []]
    desk.act(URGENCY, "leo", urgency="critical", reason="全院停摆")
    desk.act(ESCALATE, reason="超出我的范围")
    waiting, reported = sections(portal, "leo")
    assert {words for _, words in waiting} == {"特急，请打开确认", "上报主管，等决定，请打开确认"}
    assert reported == [(desk.number, "张工上报主管")]
    assert sections(portal, "alice") == [[], None]
