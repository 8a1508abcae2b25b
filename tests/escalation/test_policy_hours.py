"""What is counted in working time beside a ticket's clocks keeps the hours of the policy that is valid."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from portal import clock
from portal.acts import offers
from portal.acts.models import ReplyDraft
from portal.acts.reply_drafts import ASK_DRAFT
from portal.acts.table import CLAIM
from portal.calendar import hours
from portal.clocks import policies, policy_making
from portal.clocks.policy_making import Wanted
from portal.escalation.models import AlertSeries
from portal.escalation.reporting import ESCALATE
from portal.tickets.states import Urgency
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
FRIDAY_EVENING = datetime(2026, 11, 27, 20, 0, tzinfo=clock.CHINA)
LATE_SHIFT = "20:00-23:30"


def keep_hours(portal: Portal, spans: str) -> None:
    with portal.runtime.database.transaction() as session:
        was = policies.every(session)[0]
        week = hours.same_every_day(spans).as_json()
        wanted = Wanted(was.version, week, " ".join(was.quiet_hours), was.switches, was.terms, "晚班")
        policy_making.make(session, actor(portal.runtime, "leo"), wanted)


@pytest.fixture
def evening(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Portal:
    monkeypatch.setattr(clock, "now", lambda: FRIDAY_EVENING.astimezone(UTC))
    keep_hours(portal, LATE_SHIFT)
    return portal


def test_an_offer_lapses_in_the_hours_of_the_policy(evening: Portal) -> None:
    with evening.runtime.database.read() as session:
        ends_at = offers.ends_at(session, Urgency.URGENT, FRIDAY_EVENING)
    assert ends_at == FRIDAY_EVENING.replace(hour=21)


def test_a_draft_and_an_escalation_wait_in_the_hours_of_the_policy(evening: Portal) -> None:
    desk = Desk(evening.runtime)
    desk.act(CLAIM)
    desk.act(ASK_DRAFT, text="已核对，请刷新后再试")
    desk.act(ESCALATE, reason="客户不接受这个方案")
    with evening.runtime.database.read() as session:
        draft = session.scalars(select(ReplyDraft)).one()
        series = session.scalars(select(AlertSeries)).all()
    assert clock.in_china(draft.waits_until) == datetime(2026, 11, 30, 20, 0, tzinfo=clock.CHINA)
    assert [one.next_at for one in series if one.cause == "escalated"] == [FRIDAY_EVENING.replace(hour=21)]
