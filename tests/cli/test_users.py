"""Tokens with scope and end, and the way back for somebody whose telephone is lost, on the command line."""

import shutil
import sqlite3

import pytest

from tests.factories.servers import Site


@pytest.fixture
def site(tmp_path, sqlite_template) -> Site:
    """A portal with the cast, that nobody serves."""
    shutil.copytree(sqlite_template, tmp_path / "var")
    return Site(tmp_path)


def rows(site: Site, statement: str) -> list:
    with sqlite3.connect(site.folder / "var" / "portal.db") as connection:
        return connection.execute(statement).fetchall()


def test_a_token_gets_scopes_and_days(site):
    done = site.run("tokens", "add", "desk", "--user", "alice", "--scope", "work", "--scope", "read", "--days", "30")

    assert (done.returncode, done.stderr) == (0, "")
    (row,) = rows(site, "SELECT scopes, julianday(expires_at) - julianday(created_at) FROM api_tokens")
    assert row[0] == '["read", "work"]'
    assert round(row[1], 3) == 30


def test_a_token_without_scope_has_all_rights_for_a_year(site):
    assert site.run("tokens", "add", "desk", "--user", "alice").returncode == 0
    (row,) = rows(site, "SELECT scopes, julianday(expires_at) - julianday(created_at) FROM api_tokens")
    assert row[0] is None
    assert round(row[1], 3) == 365


def test_a_token_for_too_long_or_an_unknown_scope_is_refused(site):
    too_long = site.run("tokens", "add", "desk", "--user", "alice", "--days", "731")
    assert (too_long.returncode, too_long.stdout) == (1, "")
    assert "1 到 730 天" in too_long.stderr
    assert site.run("tokens", "add", "desk", "--user", "alice", "--scope", "everything").returncode == 2
    assert rows(site, "SELECT count(*) FROM api_tokens") == [(0,)]


def test_somebody_is_added_with_a_staff_number_that_nobody_has(site):
    new = ("--role", "agent", "--password-stdin", "--staff-number")
    done = site.run("users", "add", "carol", *new, "1047b", stdin="invented-carol-phrase\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert rows(site, "SELECT staff_number FROM users WHERE username = 'carol'") == [("1047B",)]
    taken = site.run("users", "add", "dora", *new, "1047B", stdin="invented-dora-phrase\n")
    assert (taken.returncode, taken.stderr) == (1, "这个工号已经有人使用 (invalid: staff_number taken)\n")


def test_a_lost_second_factor_is_reset(site):
    with sqlite3.connect(site.folder / "var" / "portal.db") as connection:
        connection.execute("UPDATE users SET second_factor_at = '2026-11-01 00:00:00' WHERE username = 'ada'")
    done = site.run("users", "reset-second-factor", " ADA ")

    assert (done.returncode, done.stderr) == (0, "")
    assert rows(site, "SELECT second_factor_at FROM users WHERE username = 'ada'") == [(None,)]
    assert rows(site, "SELECT actor_name, particulars FROM audit_events WHERE tag = 'user:second-factor-reset'") == [
        ("command line", '{"username": "ada"}')
    ]


def test_nobodys_second_factor_is_one_sentence(site):
    done = site.run("users", "reset-second-factor", "nobody")

    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
