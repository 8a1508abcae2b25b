"""The command line as a shell sees it: output, one sentence on stderr, exit codes (CONTRACT 1)."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import urllib.parse
import urllib.request

import pytest
from uvicorn.importer import import_from_string

from portal.addresses import in_address_bar
from portal.cli import serving
from tests.factories.cast import password_of
from tests.factories.portals import csrf_of
from tests.factories.servers import Site


@pytest.fixture
def site(tmp_path, request) -> Site:
    """A portal with the cast, that nobody serves."""
    shutil.copytree(request.getfixturevalue("sqlite_template"), tmp_path / "var")
    return Site(tmp_path)


@pytest.fixture
def new_site(tmp_path) -> Site:
    """A portal that has never been started."""
    return Site(tmp_path)


def rows(site: Site, query: str) -> list:
    with sqlite3.connect(site.folder / "var" / "portal.db") as connection:
        return connection.execute(query).fetchall()


def tamper(site: Site, *statements: str) -> None:
    """Change the database behind the portal's back, triggers removed."""
    with sqlite3.connect(site.folder / "var" / "portal.db") as connection:
        for name in ("audit_events_no_update", "audit_events_no_delete"):
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)


def assert_one_sentence(done, status: int = 1) -> None:
    """Failed as the contract says: exit code, nothing on stdout, one line on stderr without a traceback."""
    assert done.returncode == status, done
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr


def test_several_processes_find_what_they_serve():
    assert import_from_string(serving.APPLICATION) is serving.application


def test_it_adds_a_member_of_staff_with_a_password_from_stdin(new_site):
    done = new_site.run(
        "users", "add", "carol", "--role", "engineer", "--queue", "his", "--password-stdin",
        stdin="invented-carol-phrase\nsecond line\n",
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert rows(new_site, "SELECT username, role, queues FROM users") == [("carol", "engineer", '["his"]')]
    assert "invented-carol-phrase" not in done.stdout
    database = (new_site.folder / "var" / "portal.db").read_bytes()
    assert b"carol" in database
    assert b"invented-carol-phrase" not in database


def test_what_it_writes_is_for_its_own_user_alone(new_site):
    new_site.run(
        "users", "add", "carol", "--role", "engineer", "--queue", "his", "--password-stdin", stdin="an-own-phrase"
    )

    written = [path for path in (new_site.folder / "var").rglob("*") if path.is_file()]
    assert len(written) >= 2
    assert [path.name for path in written if path.stat().st_mode & 0o077] == []


def test_it_refuses_a_name_twice(site):
    done = site.run(
        "users", "add", " ALICE", "--role", "engineer", "--queue", "general", "--password-stdin",
        stdin="invented-other-phrase\n",
    )  # fmt: skip

    assert_one_sentence(done)
    assert rows(site, "SELECT count(*) FROM users WHERE name_key = 'alice'") == [(1,)]


def test_it_refuses_an_empty_password(site):
    done = site.run("users", "add", "carol", "--role", "lead", "--password-stdin")

    assert_one_sentence(done)
    assert "密码" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "add", "carol", "--role", "boss", "--password-stdin"),
        ("users", "add", "carol", "--role", "lead"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2_and_makes_nothing(new_site, arguments):
    done = new_site.run(*arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert "usage:" in done.stderr
    assert not (new_site.folder / "var").exists()


def test_it_prints_a_token_alone_on_a_line(site):
    done = site.run("tokens", "add", "desk", "--user", "alice")

    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"yxt_[\w-]{40,}\n", done.stdout)
    assert done.stdout.strip() not in str(rows(site, "SELECT * FROM api_tokens"))


def test_it_refuses_a_token_for_nobody(site):
    done = site.run("tokens", "add", "desk", "--user", "nobody")

    assert_one_sentence(done)
    assert rows(site, "SELECT count(*) FROM api_tokens") == [(0,)]


def test_it_verifies_a_whole_trail(site):
    done = site.run("audit", "verify")

    assert (done.returncode, done.stderr) == (0, "")
    assert "6 rows" in done.stdout


def test_it_names_the_first_row_that_was_tampered_with(site):
    tamper(
        site,
        "UPDATE audit_events SET at = 'no time at all' WHERE seq = 5",
        "UPDATE audit_events SET actor_name = 'somebody' WHERE seq = 3",
    )
    done = site.run("audit", "verify")

    assert_one_sentence(done)
    assert "(row 3: " in done.stderr


def test_it_names_all_bad_settings_and_starts_nothing(new_site):
    done = new_site.run("serve", PORTAL_PORT="0", PORTAL_SUITE="rot13", PORTAL_UPLOADS="ftp://example")

    assert done.returncode == 1
    assert done.stdout == ""
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [
        "PORTAL_UPLOADS", "PORTAL_SUITE", "PORTAL_PORT",
    ]  # fmt: skip
    assert list(new_site.folder.iterdir()) == []


def test_it_does_not_serve_data_without_their_key(site):
    (site.folder / "var" / "keyring.json").unlink()
    done = site.run("serve")

    assert_one_sentence(done)
    assert "未找到加密密钥" in done.stderr
    assert not (site.folder / "var" / "keyring.json").exists()


def test_it_does_not_serve_data_with_another_key(site, new_site, tmp_path):
    other = Site(tmp_path / "other")
    other.folder.mkdir()
    added = other.run("users", "add", "carol", "--role", "lead", "--password-stdin", stdin="invented-carol-phrase\n")
    assert added.returncode == 0
    (other.folder / "var" / "keyring.json").replace(site.folder / "var" / "keyring.json")
    done = site.run("serve")

    assert_one_sentence(done)
    assert "expected key" in done.stderr


def test_it_does_not_start_on_a_newer_schema(site):
    tamper(site, "UPDATE alembic_version SET version_num = '9999'")
    done = site.run("serve")

    assert_one_sentence(done)
    assert "newer version" in done.stderr


@pytest.mark.parametrize(
    "settings",
    [
        {"PORTAL_DATABASE_URL": "postgresql+psycopg://portal@127.0.0.1:1/none"},
        {"PORTAL_DATA_DIR": "/dev/null/var"},
        {"PORTAL_UPLOADS": "/dev/null/uploads"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_it_says_in_one_sentence_what_it_cannot_reach(new_site, settings):
    assert_one_sentence(new_site.run("serve", **settings))


def test_the_first_start_prints_a_code_and_nobody_has_a_default_password(new_site):
    with new_site.serving() as server:
        assert rows(new_site, "SELECT count(*) FROM users") == [(0,)]
        code = server.setup_code()
        assert f"{new_site.url}/setup" in server.said()

        added = new_site.run(
            "users", "add", "carol", "--role", "admin", "--password-stdin", stdin="invented-carol-phrase\n"
        )
        assert (added.returncode, added.stderr) == (0, "")
        assert rows(new_site, "SELECT username FROM users") == [("carol",)]
        with urllib.request.urlopen(f"{new_site.url}/readyz") as answer:
            assert b'"ready":true' in answer.read()
        assert server.stop() in (0, -signal.SIGTERM)

    assert len(code) >= 12
    assert code not in str(rows(new_site, "SELECT * FROM setup_codes"))


def test_a_taken_port_is_one_sentence_and_leaves_the_code_as_it_is(new_site):
    with new_site.serving() as server:
        code = server.setup_code()
        again = new_site.run("serve", PORTAL_PORT=str(new_site.port))
        assert_one_sentence(again)
        assert f"端口 {new_site.port} 已被占用" in again.stderr and "address already in use" in again.stderr
        page = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        token = csrf_of(page.open(f"{new_site.url}/setup").read().decode())
        fields = {"csrf": token, "code": code, "username": "ada", "display_name": "Ada",
                  "password": "an-invented-phrase", "password_again": "an-invented-phrase"}  # fmt: skip
        page.open(f"{new_site.url}/setup", urllib.parse.urlencode(fields).encode())
    assert rows(new_site, "SELECT username FROM users") == [("ada",)]


def test_a_port_of_another_program_is_taken_before_anything_is_made(new_site):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert_one_sentence(new_site.run("serve", PORTAL_PORT=str(other.getsockname()[1])))
        assert_one_sentence(new_site.run("demo", "--serve", PORTAL_PORT=str(other.getsockname()[1])))
    assert not (new_site.folder / "var").exists()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "2001:db8::1"])
def test_a_host_that_is_not_this_machine_is_one_sentence(new_site, host):
    done = new_site.run("serve", PORTAL_HOST=host)
    assert_one_sentence(done)
    assert "PORTAL_HOST" in done.stderr and host in done.stderr


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")]
)
def test_every_printed_address_can_be_opened(host, shown):
    assert in_address_bar(host, 8000) == f"http://{shown}:8000"


def test_it_says_at_the_start_what_an_operator_could_overlook(site):
    settings = {"PORTAL_BASE_URL": "https://portal.example.cn"}
    with site.serving(**settings) as server:
        assert "运行环境 正式" in server.said()
        assert server.said().count("PORTAL_TRUSTED_PROXIES lists no proxy") == 1
    with site.serving(**settings, PORTAL_TRUSTED_PROXIES="127.0.0.1") as server:
        assert "lists no proxy" not in server.said()[server.began :]


def test_a_closed_log_stops_nothing_and_is_told(site):
    reader, writer = os.pipe()
    with site.serving(output=writer):
        os.close(writer)
        os.close(reader)
        for _ in range(3):
            with urllib.request.urlopen(f"{site.url}/track") as answer:
                assert answer.status == 200
        with urllib.request.urlopen(f"{site.url}/readyz") as answer:
            assert any("行没有写出去" in notice for notice in json.loads(answer.read())["notices"])


def test_a_later_start_prints_no_code(site):
    with site.serving() as server:
        assert "/setup" not in server.said()
        assert password_of("ada") not in server.said()
