"""连续 N 次低满意: off; where it is on, an alert for the leads and nothing else (REQUIREMENTS G22)."""

import pytest

from portal import clock
from portal.accounts.principal import principal_of
from portal.accounts.users import all_users
from portal.clocks import policies
from portal.today import analyses as today
from tests.clocks.test_policies import next_of
from tests.escalation.test_alerts import raised, told
from tests.factories.rated import Rated

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def rate(portal, *scores):
    made = []
    for score in scores:
        made.append(Rated(portal.runtime))
        made[-1].rate(score, "slow" if score < 3 else "")
    return made


def switch_on(portal):
    with portal.runtime.database.read() as session:
        switches = policies.every(session)[0].switches
    next_of(portal, switches={**switches, "low_ratings": "3"})


def test_nobody_is_alerted_unless_it_is_switched_on(portal):
    rate(portal, 1, 1, 2, 1)
    assert raised(portal.runtime) == []


def test_the_third_in_a_row_alerts_the_leads_and_the_sixth_again(portal):
    switch_on(portal)
    *_, third = rate(portal, 2, 5, 1, 2, 1)
    assert raised(portal.runtime) == [("low-ratings", 1, "leo")]
    assert ("leo", "low-ratings") in told(portal.runtime, third.number)
    rate(portal, 1, 1)
    assert len(raised(portal.runtime)) == 1
    rate(portal, 1, 4)
    assert len(raised(portal.runtime)) == 2


def test_leads_find_them_in_their_day(portal):
    [analysed] = rate(portal, 1)
    with portal.runtime.database.read() as session:
        people = {user.username: principal_of(user) for user in all_users(session)}
        section = today.section(session, people["leo"], clock.now())
        assert today.section(session, people["alice"], clock.now()) is None
    assert [(line.number, line.words) for line in section.lines] == [(analysed.number, "机构评价等您分析")]
    assert "满意" not in section.lines[0].words
