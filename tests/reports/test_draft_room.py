"""What nobody files must not fill the disk: a ceiling of bytes for each address and for all drafts together."""

import pytest

from portal.pages.clinic import draft_room as pages_room
from portal.reports import draft_room
from portal.web.memory_limiter import Pace
from tests.factories.clinic import Clinic
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal

PICTURE = whole_screen()


@pytest.fixture(autouse=True)
def always_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_room, "_KNOWN_SECONDS", -1)


def begun(portal: Portal, address: str = "127.0.0.1") -> Clinic:
    clinic = Clinic(portal, address=address)
    clinic.fill_situation()
    return clinic


def test_only_drafts_that_are_not_filed_count(portal: Portal) -> None:
    clinic = begun(portal)
    assert clinic.add_pictures(PICTURE).status_code == 303
    held = draft_room.held_bytes(portal.runtime.database)
    assert 0 < held < 2 * len(PICTURE)
    clinic.fill_identity()
    assert clinic.submit().status_code == 303
    assert draft_room.held_bytes(portal.runtime.database) == 0


def test_all_drafts_together_have_a_ceiling(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = begun(portal), begun(portal, "203.0.113.9")
    assert first.add_pictures(PICTURE).status_code == 303
    monkeypatch.setattr(draft_room, "MOST_BYTES", draft_room.held_bytes(portal.runtime.database) + 100)
    for clinic in (first, second):
        answer = clinic.add_pictures(PICTURE)
        assert answer.status_code == 507
        assert "存储空间不足" in answer.text
    first.fill_identity()
    assert first.submit().status_code == 303  # what is complete can be filed, and makes room
    monkeypatch.setattr(draft_room, "MOST_BYTES", 10 * len(PICTURE))
    assert second.add_pictures(PICTURE).status_code == 303


def test_one_address_has_a_ceiling_within_the_hour(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages_room, "_pace", Pace(2, minutes=60))
    greedy, other = begun(portal, "203.0.113.9"), begun(portal, "203.0.113.10")
    assert greedy.add_pictures(PICTURE, action="upload").status_code == 303
    assert greedy.add_pictures(PICTURE, action="upload").status_code == 303
    refused = greedy.add_pictures(PICTURE, action="upload")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert other.add_pictures(PICTURE, action="upload").status_code == 303


def test_what_is_refused_is_not_read(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages_room, "_pace", Pace(0, minutes=60))
    clinic = begun(portal)

    reads: list[object] = []
    monkeypatch.setattr("portal.web.body.received", lambda *given: reads.append(given))
    headers = {"content-type": "multipart/form-data; boundary=x", "accept": "application/json"}
    answer = clinic.browser.post(clinic.page("pictures"), content=b"x", headers=headers)
    assert (answer.status_code, reads) == (429, [])
