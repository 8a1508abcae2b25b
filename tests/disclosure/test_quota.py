"""How much one person may look at within an hour, and who is told when it is too much (SECURITY D-6)."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.acts.table import CLAIM
from portal.audit.models import AuditEvent
from portal.disclosure import reveals
from portal.errors import PortalError, TooManyRequestsError
from portal.notify.models import OutboxMessage
from portal.runtime import Runtime
from portal.screenshots.models import Screenshot
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.moments import move_clock
from tests.factories.portals import Portal
from tests.factories.reports import file_report, general_fields
from tests.factories.ticket_pages import say_why


@pytest.fixture
def limited(portal: Portal) -> Runtime:
    """A runtime that allows three looks an hour."""
    return replace(portal.runtime, settings=replace(portal.settings, reveals_per_hour=3))


@pytest.fixture
def number(portal: Portal) -> str:
    """A ticket of alice's."""
    filed = file_report(portal.runtime).number
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, actor(portal.runtime, "alice"), CLAIM, filed, 1)
    return filed


def look(runtime: Runtime, number: str, name: str = "alice") -> str:
    return reveals.reveal_field(runtime, actor(runtime, name), number, "login_password", "排查登录").value


def open_picture(runtime: Runtime, number: str, name: str = "alice") -> int:
    with runtime.database.read() as session:
        picture = session.scalars(select(Screenshot.id)).first()
    return len(reveals.open_picture(runtime, actor(runtime, name), number, picture).content)


def rows(runtime: Runtime, tag: str) -> list[AuditEvent]:
    with runtime.database.read() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.tag == tag).order_by(AuditEvent.seq)))


def messages(runtime: Runtime) -> list[str]:
    with runtime.database.read() as session:
        wanted = select(OutboxMessage.ticket_number).where(OutboxMessage.event == "reveal-alarm")
        return list(session.scalars(wanted))


def test_a_look_too_many_is_refused_recorded_and_alarms_once(limited: Runtime, number: str) -> None:
    for _ in range(3):
        assert look(limited, number) == general_fields()["login_password"]
    for _ in range(4):
        with pytest.raises(TooManyRequestsError, match="已满 3 次，已通知主管") as refused:
            look(limited, number)
    assert 3500 < refused.value.retry_after <= 3600
    refusals = rows(limited, "field:reveal-refused")
    assert [(row.field, row.particulars, row.is_success) for row in refusals] == [
        ("login_password", {"is_over_quota": True}, False)
    ] * 4
    assert len(rows(limited, "field:reveal")) == 3
    assert [(row.actor_name, row.ticket_number) for row in rows(limited, "field:alarm")] == [("alice", number)]
    assert messages(limited) == [number]


def test_a_picture_counts_and_is_refused_too(limited: Runtime, number: str) -> None:
    look(limited, number)
    assert open_picture(limited, number) > 1000
    assert open_picture(limited, number) > 1000
    with pytest.raises(TooManyRequestsError):
        open_picture(limited, number)
    with pytest.raises(TooManyRequestsError):
        look(limited, number)
    assert [row.particulars["is_over_quota"] for row in rows(limited, "picture:open-refused")] == [True]
    assert len(rows(limited, "field:alarm")) == 1


def test_each_person_has_an_hour_of_their_own(limited: Runtime, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        open_picture(limited, number)
    assert open_picture(limited, number, "bob") > 1000
    with pytest.raises(TooManyRequestsError):
        open_picture(limited, number)
    move_clock(monkeypatch, minutes=61)
    for _ in range(3):
        look(limited, number)
    with pytest.raises(TooManyRequestsError):
        look(limited, number)
    assert len(messages(limited)) == 2


def test_refused_for_another_reason_is_not_counted(limited: Runtime, number: str) -> None:
    for _ in range(5):
        with pytest.raises(PortalError, match="领取后才能查看"):
            look(limited, number, "bob")
    assert open_picture(limited, number, "bob") > 1000
    assert rows(limited, "field:alarm") == []


def test_many_at_once_get_no_more_than_the_quota(limited: Runtime, number: str) -> None:
    outcomes: list[str] = []

    def try_once() -> None:
        try:
            look(limited, number)
            outcomes.append("shown")
        except TooManyRequestsError:
            outcomes.append("refused")

    threads = [threading.Thread(target=try_once) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 5 + ["shown"] * 3
    assert len(messages(limited)) == 1


def test_zero_is_no_quota(portal: Portal, number: str) -> None:
    runtime = replace(portal.runtime, settings=replace(portal.settings, reveals_per_hour=0))
    for _ in range(5):
        look(runtime, number)
    assert rows(runtime, "field:alarm") == []


def test_the_default_does_not_hinder_ordinary_work(portal: Portal) -> None:
    assert portal.settings.reveals_per_hour == 60


def test_the_page_and_the_api_say_so_and_the_lead_sees_it(
    portal: Portal, limited: Runtime, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal.app.state, "runtime", limited)
    for _ in range(3):
        look(limited, number)
    body = {"field": "login_password", "reason": "排查登录"}
    answer = portal.api("alice").post(f"/api/v1/tickets/{number}/reveals", json=body)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 3000
    assert "已满 3 次" in answer.json()["title"]
    review = portal.signed_in("leo").get("/review").text
    assert "今天查看过多报警" in review
    assert '<li class="is-wrong"><a href="/review?action=field%3Aalarm' in review


def test_the_page_of_a_picture_says_why_it_is_not_shown(
    portal: Portal, limited: Runtime, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal.app.state, "runtime", limited)
    alice, page = portal.signed_in("alice"), f"/tickets/{number}/pictures/1"
    say_why(alice, number)
    assert "/screenshots/" in alice.get(page).text
    for _ in range(3):
        look(limited, number)
    answer = alice.get(page)
    assert answer.status_code == 429
    assert "已满 3 次，已通知主管" in answer.text
    assert "/screenshots/" not in answer.text
    assert "附图无法打开" not in answer.text
    [refused] = rows(limited, "picture:open-refused")
    assert (refused.actor_name, refused.particulars["is_over_quota"]) == ("alice", True)
    assert messages(limited) == [number]
    assert portal.signed_in("bob").get(page).status_code == 200
