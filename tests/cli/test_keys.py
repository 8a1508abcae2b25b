"""`keys …` as a shell sees it, with a keyring file and with a hardware key store."""

import re
import sqlite3

import pytest

from portal.assembly import make_runtime
from portal.cli import main
from portal.settings import load_settings
from portal.vault.keyring import load_keyring
from tests.factories.reports import file_report
from tests.factories.servers import Site
from tests.factories.softhsm import SoftHsm


@pytest.fixture
def site(tmp_path) -> Site:
    """A portal with one report, that nobody serves."""
    made = Site(tmp_path)
    runtime = make_runtime(
        load_settings({name: text for name, text in made.environ.items() if name.startswith("PORTAL_")})
    )
    file_report(runtime)
    runtime.database.dispose()
    return made


@pytest.fixture
def hsm(tmp_path) -> SoftHsm:
    return SoftHsm(tmp_path / "hsm")


def done(site: Site, *arguments: str, **settings: str) -> str:
    """What a command says that did all it should."""
    ended = site.run(*arguments, **settings)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


@pytest.fixture
def command(site, monkeypatch, capsys):
    """Runs a command in this process and gives exit code, output and errors."""
    for name, text in site.environ.items():
        if name.startswith("PORTAL_"):
            monkeypatch.setenv(name, text)

    def run(*arguments: str) -> tuple[object, str, str]:
        status: object = 0
        try:
            main.main(list(arguments))
        except SystemExit as ended:
            status = ended.code
        return status, *capsys.readouterr()

    return run


def active_key_of(text: str) -> str:
    return re.search(r"active: (k\d{8}-[0-9a-f]{6})", text)[1]


def change(site: Site, statement: str) -> None:
    with sqlite3.connect(site.folder / "var" / "portal.db") as connection:
        connection.execute(statement)


def test_the_status_tells_age_counts_and_an_unfinished_rotation(site, command):
    before = command("keys", "status")[1]
    first = active_key_of(before)
    assert f"{first} aes-256-gcm: 2 data keys, the oldest 0 days old" in before
    assert f"active: {first}, 0 days old, new data: aes-256-gcm" in before
    assert "not finished" not in before

    rotated = command("keys", "rotate", "--suite", "sm4-gcm")[1]
    second = active_key_of(rotated)
    assert "2 data keys wrapped anew" in rotated and "2 data keys converted to sm4-gcm" in rotated
    after = command("keys", "status")[1]
    assert f"{second} sm4-gcm: 2 data keys" in after
    assert f"{first}: nothing hangs on it, 0 days old; keys retire {first} removes it" in after

    change(site, f"UPDATE data_keys SET key_id = '{first}' WHERE purpose = 'report'")
    assert "rotation is not finished: 1 data keys hang on older keys; run keys rotate" in command("keys", "status")[1]


def test_verify_names_a_flipped_bit_a_swapped_row_and_a_missing_picture(site, command):
    status, out, errors = command("keys", "verify")
    assert (status, errors) == (0, "") and "(4 sealed values and pictures open)" in out
    database = site.folder / "var" / "portal.db"
    with sqlite3.connect(database) as connection:
        rows = dict(connection.execute("SELECT field, id FROM sealed_values").fetchall())
        sealed = dict(connection.execute("SELECT field, value_sealed FROM sealed_values").fetchall())
        (picture,) = connection.execute("SELECT id FROM screenshots").fetchone()
        flipped = sealed["id_number"][:-1] + bytes([sealed["id_number"][-1] ^ 1])
        new = {
            "id_number": flipped,
            "login_account": sealed["login_password"],
            "login_password": sealed["login_account"],
        }
        for field, value in new.items():
            connection.execute("UPDATE sealed_values SET value_sealed = ? WHERE field = ?", (value, field))
    for blob in (site.folder / "uploads").rglob("*"):
        if blob.is_file() and re.fullmatch("[0-9a-f]{32}", blob.name):
            blob.unlink()
    status, out, errors = command("keys", "verify")

    named = set(re.findall(r"cannot be opened: (\w+ [0-9a-f-]+)", errors))
    with_hyphens = {item.replace("-", "") for item in named}
    assert out == ""
    assert with_hyphens == {f"sealed_values {row_id}" for row_id in rows.values()} | {f"screenshots {picture}"}
    assert "4 cannot be opened, 0 sealed values and pictures open" in str(status)


def test_a_site_moves_to_hardware_by_commands_alone(site, hsm):
    hsm.token("clinic-keys")
    settings = hsm.settings("clinic-keys")
    old = load_keyring(site.folder / "var" / "keyring.json").active_key_id
    status = done(site, "keys", "status", **settings)
    assert "keys in: PKCS#11 token clinic-keys, older keys in file" in status
    assert "rotation is not finished: 2 data keys" in status

    active = active_key_of(done(site, "keys", "rotate", **settings))
    assert active == active_key_of(status) != old
    assert "(4 sealed values and pictures open)" in done(site, "keys", "verify", **settings)
    assert f"({old} is destroyed)" in done(site, "keys", "retire", old, **settings)
    assert not (site.folder / "var" / "keyring.json").exists()
    with site.serving(**settings) as server:
        assert "Traceback" not in server.said()


def test_it_does_not_serve_without_the_token_and_says_so_in_one_sentence(site, hsm):
    hsm.token("clinic-keys")
    settings = hsm.settings("clinic-keys")
    active = active_key_of(done(site, "keys", "rotate", **settings))
    for change_of in (
        {"PORTAL_PKCS11_MODULE": "/nowhere/library.so"},
        {"PORTAL_PKCS11_PIN": "00000000"},
        {"PORTAL_PKCS11_MODULE": ""},
    ):
        ended = site.run("serve", **{**settings, **change_of})

        assert (ended.returncode, ended.stdout) == (1, "")
        assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
        assert active in ended.stderr and "expected" in ended.stderr
        assert "00000000" not in ended.stderr
