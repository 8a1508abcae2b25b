"""How much one person may look at within an hour, and who is told when it is too much (SECURITY D-6)."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from portal.accounts.models import User
from portal.acts.table import CLAIM
from portal.audit.models import AuditEvent
from portal.disclosure import reveals
from portal.errors import PortalError, TooManyRequestsError
from portal.notify.models import OutboxMessage
from portal.runtime import Runtime
from portal.screenshots.models import Screenshot
from tests.factories import people
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
    filed = file_report(portal.runtime, contact_phone=people.phone(7), contact_name=people.name(7)).number
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, actor(portal.runtime, "alice"), CLAIM, filed, 1)
    return filed


VALUES = ("login_password", "login_account", "id_number", "contact_name")


def look(runtime: Runtime, number: str, name: str = "alice", value: str = "contact_phone") -> str:
    return reveals.reveal_field(runtime, actor(runtime, name), number, value, "排查登录").value


def use_up(runtime: Runtime, number: str) -> None:
    """Three looks, each at another value."""
    for value in VALUES[:3]:
        look(runtime, number, value=value)


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
    assert look(limited, number, value="login_password") == general_fields()["login_password"]
    for value in VALUES[1:3]:
        look(limited, number, value=value)
    for _ in range(4):
        with pytest.raises(TooManyRequestsError, match="已满 3 次，已通知主管") as refused:
            look(limited, number)
    assert 3500 < refused.value.retry_after <= 3600
    refusals = rows(limited, "field:reveal-refused")
    assert [(row.field, row.particulars, row.is_success) for row in refusals] == [
        ("contact_phone", {"is_over_quota": True}, False)
    ] * 4
    assert len(rows(limited, "field:reveal")) == 3
    assert [(row.actor_name, row.ticket_number) for row in rows(limited, "field:alarm")] == [("alice", number)]
    assert messages(limited) == [number]


def test_a_picture_counts_and_is_refused_too(limited: Runtime, number: str) -> None:
    use_up(limited, number)
    with pytest.raises(TooManyRequestsError):
        open_picture(limited, number)
    with pytest.raises(TooManyRequestsError):
        look(limited, number)
    assert [row.particulars["is_over_quota"] for row in rows(limited, "picture:open-refused")] == [True]
    assert len(rows(limited, "field:alarm")) == 1


def test_each_person_has_an_hour_of_their_own(limited: Runtime, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use_up(limited, number)
    assert open_picture(limited, number, "bob") > 1000
    with pytest.raises(TooManyRequestsError):
        open_picture(limited, number)
    move_clock(monkeypatch, minutes=61)
    use_up(limited, number)
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
    numbers = [file_report(limited).number for _ in range(8)]
    for other in numbers:
        with limited.database.transaction() as session:
            perform(session, limited, actor(limited, "alice"), CLAIM, other, 1)

    def try_once(other: str) -> None:
        try:
            look(limited, other, value="login_password")
            outcomes.append("shown")
        except TooManyRequestsError:
            outcomes.append("refused")

    threads = [threading.Thread(target=try_once, args=(other,)) for other in numbers]
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
    use_up(limited, number)
    body = {"field": "contact_phone", "reason": "排查登录"}
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
    use_up(limited, number)
    answer = alice.get(page)
    assert answer.status_code == 429
    assert "已满 3 次，已通知主管" in answer.text
    assert "/screenshots/" not in answer.text
    assert "附图无法打开" not in answer.text
    [refused] = rows(limited, "picture:open-refused")
    assert (refused.actor_name, refused.particulars["is_over_quota"]) == ("alice", True)
    assert messages(limited) == [number]
    assert portal.signed_in("bob").get(page).status_code == 200


def test_one_value_or_picture_is_one_look_in_a_quarter_of_an_hour(
    limited: Runtime, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        look(limited, number)
        open_picture(limited, number)
    assert (
        len(rows(limited, "field:reveal")) == len(rows(limited, "picture:open")) == 5
    )  # every opening is in the trail
    look(limited, number, value="login_password")
    with pytest.raises(TooManyRequestsError):
        look(limited, number, value="login_account")
    with pytest.raises(TooManyRequestsError):
        look(limited, number, value="login_account")  # a refused look gives no right to another
    look(limited, number)  # still the same look, although the quota is used up
    move_clock(monkeypatch, minutes=16)
    with pytest.raises(TooManyRequestsError):
        look(limited, number)


def test_it_does_not_say_that_leads_were_told_where_there_are_none(limited: Runtime, number: str) -> None:
    with limited.database.transaction() as session:
        session.execute(update(User).where(User.username == "leo").values(is_active=False))
    use_up(limited, number)
    with pytest.raises(TooManyRequestsError, match="已满 3 次，已记录"):
        look(limited, number)


def test_fitted_and_original_are_one_picture(portal: Portal, limited: Runtime, number: str, monkeypatch) -> None:
    monkeypatch.setattr(portal.app.state, "runtime", limited)
    alice = portal.signed_in("alice")
    with limited.database.read() as session:
        picture = session.scalars(select(Screenshot.id)).first()
    say_why(alice, number)
    for size in ("fit", "full") * 4:
        assert alice.get(f"/tickets/{number}/screenshots/{picture}?size={size}").status_code == 200
    assert len(rows(limited, "picture:open")) == 8
