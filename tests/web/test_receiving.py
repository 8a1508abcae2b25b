"""Bodies while they arrive: counted, bounded, and never in clear on the disk."""

import os
from pathlib import Path
from typing import Any

import pytest

from portal.vault.spool_cipher import SpoolCipher
from portal.web import receiving
from portal.web.receiving import BodiesInFlight, BusyError
from tests.factories import loops
from tests.factories.clinic import Clinic
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal, csrf_of

MB = 1024 * 1024
MARK = b"a plaintext that must not lie on the disk "


@pytest.fixture
def backend() -> str:
    return "sqlite"


def bodies_of(portal: Portal) -> BodiesInFlight:
    return portal.app.state.web.bodies


def assert_nothing_is_held(bodies: BodiesInFlight) -> None:
    assert (bodies.in_all, bodies.in_memory, bodies._at_work, bodies._has_large) == (0, 0, 0, False)


def test_a_browser_reads_a_chinese_page_and_a_program_a_problem(portal: Portal, monkeypatch: Any) -> None:
    clinic = Clinic(portal)
    clinic.fill_situation()
    monkeypatch.setattr(receiving, "IN_ALL", 1000)
    page = clinic.add_pictures(whole_screen())
    assert (page.status_code, page.headers["retry-after"]) == (503, "15")
    assert page.headers["content-type"].startswith("text/html") and "过半分钟再提交" in page.text
    said = portal.api().post("/api/v1/track", json={"number": "x" * 2000, "query_code": "y"})
    assert (said.status_code, said.headers["retry-after"]) == (503, "15")
    assert said.headers["content-type"] == "application/problem+json" and "过半分钟再提交" in said.json()["title"]
    assert_nothing_is_held(bodies_of(portal))
    monkeypatch.undo()
    assert clinic.add_pictures(whole_screen()).status_code == 303
    assert_nothing_is_held(bodies_of(portal))


@pytest.mark.parametrize("size", [0, 10, 100_000, MB, 5 * MB, 20 * MB])
@pytest.mark.parametrize("piece", [4000, 65_536, 3 * MB])
def test_what_waits_on_disk_comes_back_whole_and_is_unreadable_there(tmp_path: Path, size: int, piece: int) -> None:
    bodies, content = BodiesInFlight(tmp_path, SpoolCipher), (MARK * (size // len(MARK) + 1))[:size]

    async def through() -> tuple[bytes, bytes]:
        body = receiving._Body(bodies)
        for start in range(0, size, piece):
            await body.add(content[start : start + piece])
        on_disk = b""
        if body._spool is not None:
            body._spool.flush()
            on_disk = os.pread(body._spool.fileno(), size, 0)
        assert bodies.in_memory <= MB + 3 * MB
        whole = b"".join([chunk async for chunk in body.chunks()])
        body.close()
        return whole, on_disk

    whole, on_disk = loops.run(through())
    assert whole == content
    assert MARK not in on_disk and (size <= MB or len(on_disk) > 0)
    assert list(tmp_path.iterdir()) == []  # it never had a name
    assert_nothing_is_held(bodies)


def test_large_bodies_leave_room_for_a_clinics(tmp_path: Path) -> None:
    bodies = BodiesInFlight(tmp_path, SpoolCipher)
    with pytest.raises(BusyError):
        for _ in range(12):
            bodies.add(58 * MB, 58 * MB, in_memory=0)
    assert bodies.in_all <= receiving.LARGE_IN_ALL
    bodies.add(8 * MB, 8 * MB, in_memory=0)


def test_one_large_body_is_worked_on_at_a_time_and_small_ones_pass(tmp_path: Path) -> None:
    bodies = BodiesInFlight(tmp_path, SpoolCipher)
    with bodies.turn(60 * MB), bodies.turn(2 * MB), bodies.turn(12 * MB):
        with pytest.raises(BlockingIOError), bodies.turn(13 * MB):
            pass
        with pytest.raises(BlockingIOError), bodies.turn(12 * MB), bodies.turn(12 * MB):
            pass
        with bodies.turn(MB):
            pass
    assert_nothing_is_held(bodies)


def test_a_turn_ends_with_the_request_whatever_it_answers(portal: Portal) -> None:
    browser = portal.browser()
    token = csrf_of(browser.get("/track").text)
    for fields in ({"csrf": token}, {"csrf": "bad"}, {}):
        browser.post("/track", data={**fields, "number": "RC2026110001", "code": "x"})
        assert_nothing_is_held(bodies_of(portal))


def test_a_disk_that_is_full_is_told(portal: Portal, tmp_path: Path) -> None:
    bodies_of(portal).folder = tmp_path / "gone"
    clinic = Clinic(portal)
    clinic.fill_situation()
    answer = clinic.add_pictures(b"a" * 3 * MB)
    assert answer.status_code == 507 and "存储空间不足" in answer.text
    assert_nothing_is_held(bodies_of(portal))
