"""An empty time of a rota that is kept: told once to leads and administrators, and again only after it was full."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from portal import clock
from portal.accounts.models import User
from portal.escalation import empty_rota
from portal.escalation.models import DutyShift
from tests.escalation.test_alerts import disable, put_on_duty, told

LABEL = "日常"


def fill(runtime, name, queue=None):
    """On duty for the next eight days."""
    now = clock.now()
    with runtime.database.transaction() as session:
        user = session.scalars(select(User).where(User.username == name)).one()
        shift = DutyShift(user_id=user.id, queue=queue, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(8))
        session.add(shift)


def test_it_is_told_once_until_the_rota_was_full(portal):
    assert empty_rota.run(portal.runtime) == 0  # no rota is kept
    put_on_duty(portal.runtime, "leo", "general")
    assert [empty_rota.run(portal.runtime), empty_rota.run(portal.runtime)] == [1, 0]
    assert told(portal.runtime, LABEL) >= {("leo", "rota-empty"), ("ada", "rota-empty")}
    assert ("alice", "rota-empty") not in told(portal.runtime, LABEL)
    fill(portal.runtime, "leo", "general")
    assert empty_rota.run(portal.runtime) == 0 and not told(portal.runtime, LABEL)
    with portal.runtime.database.transaction() as session:
        session.execute(delete(DutyShift).where(DutyShift.ends_at > clock.now() + timedelta(days=2)))
    assert empty_rota.run(portal.runtime) == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_disabled_persons_shift_is_empty(portal):
    fill(portal.runtime, "bob")
    assert empty_rota.run(portal.runtime) in (0, 1)
    disable(portal.runtime, "bob")
    empty_rota.run(portal.runtime)
    assert ("leo", "rota-empty") in told(portal.runtime, LABEL)
    page = portal.signed_in("leo").get("/account/notices").text
    assert "有时段没有人值班" in page and LABEL in page
