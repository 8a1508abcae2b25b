"""Checkpoints outside the database betray who rewrites the database, and the database who touches the file."""

import json
import shutil

import pytest
from sqlalchemy import update

from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.checkpoints import CheckpointError, Checkpoints
from portal.audit.models import AuditHead
from portal.audit.signatures import signed
from portal.audit.tags import Tag
from portal.audit.trail import Break
from portal.vault.signing import trail_signer
from portal.worker import run_once
from tests.audit.tampering import cut, rewrite


def add(portal, rows: int) -> None:
    with portal.runtime.database.transaction() as session:
        for _ in range(rows):
            trail.record(session, Tag.UPLOADS_SWEPT, SYSTEM)


@pytest.fixture
def checkpoints(portal) -> Checkpoints:
    """Three checkpoints: at the start after 6 rows, and after 10 and 14; and two more rows."""
    made = portal.runtime.checkpoints
    for _ in range(2):
        add(portal, 4)
        made.make()
    add(portal, 2)
    return made


def lines(checkpoints: Checkpoints) -> list[dict]:
    return [json.loads(line) for line in checkpoints.path.read_text().splitlines()]


def put(checkpoints: Checkpoints, contents: list[dict]) -> None:
    checkpoints.path.write_text(
        "".join(
            json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
            for content in contents
        )
    )


def test_a_whole_trail_agrees_with_its_checkpoints(checkpoints):
    proof = checkpoints.verify()

    assert (proof.is_whole, proof.count, proof.checkpoints) == (True, 16, 3)
    assert [line["seq"] for line in lines(checkpoints)] == [6, 10, 14]
    assert [line["number"] for line in lines(checkpoints)] == [1, 2, 3]
    assert set(lines(checkpoints)[0]) == {"number", "seq", "row_hash", "at", "previous", "key", "signature"}


def test_nobody_can_rewrite_history_with_fitting_hashes(portal, checkpoints):
    rewrite(portal.runtime.database, 8, actor_name="somebody")
    with portal.runtime.database.read() as session:
        assert trail.verify(session).first_break is None  # the chain alone does not tell

    assert checkpoints.verify().first_break == Break(7, "the rows were rewritten")


def test_nobody_can_cut_the_end_and_set_the_head_back(portal, checkpoints):
    cut(portal.runtime.database, 12)
    with portal.runtime.database.read() as session:
        assert trail.verify(session).first_break is None

    assert checkpoints.verify().first_break == Break(13, "rows at the end are missing")


def test_nobody_can_forget_the_checkpoints_in_the_database_either(portal, checkpoints):
    rewrite(portal.runtime.database, 8, actor_name="somebody")
    with portal.runtime.database.transaction() as session:
        session.execute(update(AuditHead).values(checkpoints=0))

    assert checkpoints.verify().first_break == Break(7, "the rows were rewritten")


def test_nobody_can_remove_the_file_unnoticed(checkpoints):
    checkpoints.path.unlink()

    assert checkpoints.verify().problem == "checkpoints are missing"
    with pytest.raises(CheckpointError, match="missing"):
        checkpoints.make()  # a new file would hide that the old one is gone
    assert not checkpoints.path.exists()


def test_nobody_can_cut_the_file_unnoticed(checkpoints):
    put(checkpoints, lines(checkpoints)[:2])

    assert checkpoints.verify().problem == "checkpoints are missing"


@pytest.mark.parametrize("missing", [0, 1])
def test_nobody_can_take_a_checkpoint_out_unnoticed(checkpoints, missing):
    contents = lines(checkpoints)
    del contents[missing]
    put(checkpoints, contents)

    assert checkpoints.verify().problem == f"checkpoint line {missing + 1}: a checkpoint is missing before it"


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 9}, {"row_hash": "0" * 64}, {"number": 7}, {"at": "2020-01-01T00:00:00+00:00"}, {"previous": "1" * 64},
        {"signature": "00" * 64}, {"signature": "no hex"}, {"signature": 1}, {"seq": None}, {"more": 1},
    ],
)  # fmt: skip
def test_nobody_can_change_a_checkpoint_unnoticed(checkpoints, change):
    contents = lines(checkpoints)
    contents[1] |= change
    put(checkpoints, contents)

    assert checkpoints.verify().problem == "checkpoint line 2: a checkpoint was changed"


@pytest.mark.parametrize("text", [b"\n", b"[]\n", b"\xff\xfe\n", b"{}\n"])
def test_a_line_that_is_no_checkpoint_is_named(checkpoints, text):
    checkpoints.path.write_bytes(checkpoints.path.read_bytes() + text)

    assert checkpoints.verify().problem == "checkpoint line 4: a checkpoint was changed"
    with pytest.raises(CheckpointError, match="changed"):
        checkpoints.make()


def test_another_key_cannot_sign_checkpoints(checkpoints):
    contents = lines(checkpoints)
    rest = {name: value for name, value in contents[2].items() if name not in ("key", "signature")}
    contents[2] = signed(rest, trail_signer(b"x" * 32))
    put(checkpoints, contents)

    assert checkpoints.verify().problem == "checkpoint line 3: a checkpoint was signed with another key"
    contents[2]["key"] = checkpoints.signer.fingerprint
    put(checkpoints, contents)
    assert checkpoints.verify().problem == "checkpoint line 3: a checkpoint was changed"


def test_no_checkpoint_is_made_over_a_trail_that_does_not_follow(portal, checkpoints):
    before = checkpoints.path.read_bytes()
    cut(portal.runtime.database, 12)
    with pytest.raises(CheckpointError, match="not the one that was signed"):
        checkpoints.make()
    add(portal, 10)
    with pytest.raises(CheckpointError, match="not the one that was signed"):
        checkpoints.make()

    assert checkpoints.path.read_bytes() == before


def test_a_checkpoint_that_a_crash_tore_off_is_written_again(checkpoints):
    before = checkpoints.path.read_bytes()
    checkpoints.path.write_bytes(before + before[:100])

    assert checkpoints.verify().is_whole
    checkpoints.make()
    assert checkpoints.path.read_bytes().startswith(before)
    assert [line["seq"] for line in lines(checkpoints)] == [6, 10, 14, 16]
    assert checkpoints.verify().is_whole


def test_a_checkpoint_that_the_database_forgot_counts(portal, checkpoints):
    with portal.runtime.database.transaction() as session:
        session.execute(update(AuditHead).values(checkpoints=2))  # killed between the file and the commit

    assert checkpoints.verify().is_whole
    assert checkpoints.make().number == 4
    assert checkpoints.verify().is_whole


def test_nothing_is_signed_twice(checkpoints):
    assert checkpoints.make().seq == 16
    assert checkpoints.make() is None
    assert len(lines(checkpoints)) == 4


def test_a_copy_kept_elsewhere_betrays_who_has_both(portal, checkpoints, tmp_path):
    copy = tmp_path / "copy.jsonl"
    shutil.copy(checkpoints.path, copy)
    cut(portal.runtime.database, 6)
    put(checkpoints, lines(checkpoints)[:1])
    with portal.runtime.database.transaction() as session:
        session.execute(update(AuditHead).values(checkpoints=1))

    assert checkpoints.verify().is_whole  # the limit: database and file set back together
    assert checkpoints.verify(copy).first_break == Break(7, "rows at the end are missing")


def test_a_lost_file_can_be_begun_anew(portal, checkpoints):
    checkpoints.path.unlink()
    assert checkpoints.start_over() is None

    assert [(line["number"], line["seq"]) for line in lines(checkpoints)] == [(4, 16)]
    assert checkpoints.verify().is_whole
    add(portal, 1)
    checkpoints.make()
    aside = checkpoints.start_over()
    assert len(aside.read_text().splitlines()) == 2
    assert checkpoints.verify().is_whole


def test_every_200th_row_asks_for_a_checkpoint(portal):
    path = portal.runtime.checkpoints.path
    add(portal, 193)
    assert [line["seq"] for line in lines(portal.runtime.checkpoints)] == [6]
    add(portal, 3)

    assert [line["seq"] for line in lines(portal.runtime.checkpoints)] == [6, 202]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_worker_makes_a_checkpoint(portal):
    add(portal, 1)
    run_once(portal.runtime)

    assert [line["seq"] for line in lines(portal.runtime.checkpoints)] == [6, 7]


def test_a_file_that_cannot_be_written_stops_nobody(portal, caplog):
    path = portal.runtime.checkpoints.path
    path.unlink()
    path.mkdir()
    add(portal, 200)

    assert "no checkpoint of the trail: IsADirectoryError" in caplog.text
    with portal.runtime.database.read() as session:
        assert trail.verify(session).count == 206
