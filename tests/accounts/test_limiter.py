"""Limits: counted with the guess, for their full length, by network, and of no use as a weapon."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts import limiter, passwords
from portal.accounts.limiter import RateLimit
from portal.accounts.models import AttemptCounter
from portal.tracking import access
from tests.api.calls import V1, filed
from tests.factories.cast import password_of
from tests.factories.moments import move_clock
from tests.factories.portals import Portal, post

LOCK = RateLimit("test", most=3, minutes=15, is_lock=True)
RATE = RateLimit("rate", most=3, minutes=15)


def wrong(portal: Portal, name: str, address: str, browser=None) -> int:
    client = browser or portal.browser(address)
    return post(client, "/sign-in", "/sign-in", username=name, password="not-this-one").status_code


def right(portal: Portal, name: str, address: str, browser=None) -> int:
    client = browser or portal.browser(address)
    return post(client, "/sign-in", "/sign-in", username=name, password=password_of(name)).status_code


def test_sixty_guesses_at_once_get_no_more_looks_than_one_after_the_other(portal: Portal) -> None:
    ticket = filed(portal)
    clients = [portal.browser("198.51.100.7") for _ in range(20)]

    def guess(number: int) -> int:
        body = {"number": ticket["number"], "query_code": f"2222-3333-{number:02d}"}
        return clients[number % 20].post(f"{V1}/track", json=body).status_code

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(guess, range(60)))
    assert set(answers) == {404, 429}
    assert answers.count(404) <= access.ADDRESS_LIMIT.most
    # A guess that was sent away while others were under way is not counted: fill what is left.
    later = [guess(number) for number in range(60, 60 + access.ADDRESS_LIMIT.most)]
    assert (answers + later).count(404) <= access.ADDRESS_LIMIT.most
    right_one = clients[0].post(f"{V1}/track", json=ticket)
    assert right_one.status_code == 429
    assert portal.browser("198.51.100.8").post(f"{V1}/track", json=ticket).status_code == 200


def test_a_right_code_counts_and_writes_nothing(portal: Portal) -> None:
    ticket = filed(portal)
    for _ in range(30):
        assert portal.browser().post(f"{V1}/track", json=ticket).status_code == 200
    with portal.runtime.database.read() as session:
        assert session.scalars(select(AttemptCounter.key).where(AttemptCounter.key.like("track-%"))).all() == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_stranger_who_knows_the_name_locks_out_neither_address_nor_browser(portal: Portal) -> None:
    own = portal.browser("203.0.113.5")
    assert right(portal, "alice", "", own) == 303
    own.cookies.delete("portal_session")
    for number in range(60):  # from so many addresses that the name itself is locked for unknown places
        wrong(portal, "alice", f"198.51.100.{number}")
    assert right(portal, "alice", "198.51.100.200") == 422
    assert right(portal, "alice", "", own) == 303
    assert right(portal, "bob", "203.0.113.9") == 303


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_owner_elsewhere_is_not_locked_by_five(portal: Portal) -> None:
    for _ in range(8):
        assert wrong(portal, "alice", "198.51.100.1") == 422
    assert right(portal, "alice", "198.51.100.1") == 422
    assert right(portal, "alice", "203.0.113.5") == 303


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_another_persons_mark_is_of_no_use(portal: Portal) -> None:
    bobs = portal.browser("198.51.100.1")
    assert right(portal, "bob", "", bobs) == 303
    bobs.cookies.delete("portal_session")
    for _ in range(5):
        wrong(portal, "alice", "", bobs)
    assert right(portal, "alice", "198.51.100.1") == 422


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_is_blocked_costs_no_password_hash(portal: Portal, monkeypatch) -> None:
    for _ in range(5):
        wrong(portal, "alice", "198.51.100.1")
    calls = []
    real = passwords.is_password
    monkeypatch.setattr("portal.accounts.sessions.is_password", lambda *given: calls.append(1) or real(*given))
    for _ in range(3):
        assert right(portal, "alice", "198.51.100.1") == 422
    assert calls == []


def test_a_lock_has_its_full_length_from_its_start(portal: Portal, monkeypatch) -> None:
    database = portal.runtime.database
    with database.transaction() as session:
        limiter.count(session, LOCK, "x")
        limiter.count(session, RATE, "x")
    move_clock(monkeypatch, minutes=14)
    with database.transaction() as session:
        assert [limiter.count(session, limit, "x") for limit in (LOCK, LOCK, LOCK, RATE, RATE)] == [2, 3, 4, 2, 3]
    with database.read() as session:
        locked = limiter.blocked_until(session, LOCK, "x")
        limited = limiter.blocked_until(session, RATE, "x")
    assert locked is not None
    assert locked - clock.now() > timedelta(minutes=14)
    assert limited is not None
    assert limited - clock.now() < timedelta(minutes=2)


def test_a_lock_of_the_future_is_none(portal: Portal) -> None:
    with portal.runtime.database.transaction() as session:
        for _ in range(5):
            limiter.count(session, LOCK, "x")
        session.execute(update(AttemptCounter).values(window_ends_at=clock.now() + timedelta(days=1)))
    with portal.runtime.database.transaction() as session:
        assert limiter.blocked_until(session, LOCK, "x") is None
        assert limiter.count(session, LOCK, "x") == 1


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:0DB8:0001:0002::abcd", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:198.51.100.7", "198.51.100.7", True),
        ("198.51.100.7", "198.51.100.8", False),
        ("alice|2001:db8:1:2::1", "alice|2001:db8:1:2::2", True),
        ("alice|2001:db8:1:2::1", "bob|2001:db8:1:2::1", False),
        ("::1", "::2", True),
        ("not:an:address", "not:an:addres", False),
    ],
)
def test_an_ipv6_network_is_one_address(one: str, other: str, is_same: bool) -> None:
    assert (LOCK.key(one) == LOCK.key(other)) is is_same


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_wrong_codes_over_one_network_are_counted_together(portal: Portal) -> None:
    ticket = filed(portal)
    body = {"number": ticket["number"], "query_code": "2222-3333-44"}
    for number in range(access.PLACE_LIMIT.most):
        assert portal.browser(f"2001:db8:1:2::{number:x}").post(f"{V1}/track", json=body).status_code == 404
    assert portal.browser("2001:db8:1:2::ffff").post(f"{V1}/track", json=ticket).status_code == 429


def test_a_refused_guess_leaves_nothing_under_way(portal: Portal) -> None:
    with pytest.raises(ValueError, match="x"), limiter.guess(portal.runtime.database, [(LOCK, "y")]):
        raise ValueError("x")
    assert limiter._under_way[LOCK.key("y")] == 0
    began = time.monotonic()
    with limiter.guess(portal.runtime.database, [(LOCK, "y")]) as until:
        assert until is None
    assert time.monotonic() - began < 5
