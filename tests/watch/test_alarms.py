"""What must not go unnoticed: the checkpoint file, the log, and since when; loosened settings."""

import os
import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal import readiness, worker
from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.settings import load_settings
from portal.watch import alarms, log_health
from portal.watch.loosened import loosened_of, record_changes
from tests.factories.portals import Portal


def rows(portal: Portal, *tags: Tag) -> list[AuditEvent]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.tag.in_(tags)).order_by(AuditEvent.seq)))


def delete(path) -> None:
    path.unlink()


def roll_back(path) -> None:
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])


def overwrite(path) -> None:
    path.write_text("nonsense\n")


@pytest.mark.both_databases
@pytest.mark.parametrize("harm", [delete, roll_back, overwrite])
def test_a_harmed_checkpoint_file_is_an_alarm_until_it_is_begun_anew(portal: Portal, harm) -> None:
    path = portal.settings.audit_checkpoints
    portal.runtime.checkpoints.make()
    portal.signed_in("alice")
    portal.runtime.checkpoints.make()
    kept = path.read_bytes()
    assert portal.browser().get("/readyz").json()["alarms"] == []
    harm(path)
    worker.run_once(portal.runtime)

    answer = portal.browser().get("/readyz").json()
    assert [alarm["name"] for alarm in answer["alarms"]] == ["checkpoints"]
    assert answer["alarms"][0]["since"]
    assert 'portal_alarm{name="checkpoints"} 1.0' in portal.browser().get("/metrics").text
    page = portal.signed_in("leo").get("/review").text
    assert "审计记录的签名检查点有问题" in page and "（从 20" in page
    assert "检查点" in portal.signed_in("ada").get("/admin/system").text

    path.write_bytes(kept)
    worker.run_once(portal.runtime)
    assert portal.browser().get("/readyz").json()["alarms"] == []
    assert "签名检查点有问题" not in portal.signed_in("leo").get("/review").text
    noted = rows(portal, Tag.ALARM_BEGAN, Tag.ALARM_ENDED)
    assert [(row.tag, row.particulars) for row in noted] == [
        (Tag.ALARM_BEGAN, {"alarm": "checkpoints"}),
        (Tag.ALARM_ENDED, {"alarm": "checkpoints"}),
    ]


def test_a_nearly_full_disk_is_said_before_anybody_types(portal: Portal, monkeypatch) -> None:
    words = "存储空间快用完了"
    assert words not in portal.browser().get("/report/general").text
    monkeypatch.setattr(readiness, "LEAST_FREE_BYTES", 2**60)

    for path in ("/", "/report/general", "/report/his"):
        assert words in portal.browser().get(path).text, path
    assert words not in portal.browser().get("/track").text
    assert portal.signed_in("alice").get("/queues/general").status_code == 200


def test_an_alarm_is_noted_once(portal: Portal) -> None:
    portal.runtime.checkpoints.make()
    portal.settings.audit_checkpoints.unlink()
    for _ in range(3):
        worker.watch(portal.runtime)

    assert len(rows(portal, Tag.ALARM_BEGAN)) == 1


def test_a_closed_log_pipe_is_noticed() -> None:
    reader, writer = os.pipe()
    assert log_health.problem(writer) is None
    os.close(reader)
    assert log_health.problem(writer) == log_health.CLOSED
    os.close(writer)
    assert log_health.problem(writer) == log_health.CLOSED


def test_a_full_log_disk_is_noticed(tmp_path, monkeypatch) -> None:
    with (tmp_path / "log").open("w") as log:
        assert log_health.problem(log.fileno()) is None
        monkeypatch.setattr(log_health, "_LEAST_FREE_BYTES", 2**60)
        assert log_health.problem(log.fileno()) == log_health.FULL


@pytest.mark.parametrize(
    ("name", "value", "is_weaker"),
    [
        ("PORTAL_MIN_SCREENSHOT", "10x10", True),
        ("PORTAL_MIN_SCREENSHOT", "1000x560", False),
        ("PORTAL_MIN_SCREENSHOT", "1280x720", False),
        ("PORTAL_MIN_PORTRAIT_SCREENSHOT", "500x1200", True),
        ("PORTAL_STRIP_RATIO", "5", True),
        ("PORTAL_STRIP_RATIO", "3", False),
        ("PORTAL_MIN_DESCRIPTION", "1", True),
        ("PORTAL_MIN_DESCRIPTION", "20", False),
        ("PORTAL_REPORTS_PER_HOUR", "3001", True),
        ("PORTAL_CREDENTIALS_GRACE_DAYS", "7", True),
        ("PORTAL_REVEAL_QUIET_MINUTES", "0", True),
        ("PORTAL_REVEAL_QUIET_MINUTES", "1", False),
        ("PORTAL_REVEALS_PER_HOUR", "0", True),
        ("PORTAL_REVEALS_PER_HOUR", "61", True),
        ("PORTAL_SESSION_IDLE_MINUTES", "31", True),
        ("PORTAL_SESSION_HOURS", "9", True),
        ("PORTAL_TRUSTED_PROXIES", "0.0.0.0/0", True),
        ("PORTAL_TRUSTED_PROXIES", "10.0.0.0/8", False),
    ],
)
def test_what_weakens_a_rule_is_known(name, value, is_weaker) -> None:
    found = [item.name for item in loosened_of(load_settings({name: value}))]

    assert found == ([name] if is_weaker else [])
    assert loosened_of(load_settings({})) == []


def test_a_loosened_rule_is_shown_and_its_change_recorded_with_old_and_new_value(portal: Portal) -> None:
    assert rows(portal, Tag.SETTING_CHANGED) == []
    loose = replace(portal.settings, min_screenshot=(10, 10), min_description=1)
    for settings in (loose, loose, portal.settings):
        app = create_app(settings)
        app.state.runtime.database.dispose()

    changes = [(row.particulars["setting"], row.particulars["old"], row.particulars["new"]) for row in rows(
        portal, Tag.SETTING_CHANGED)]  # fmt: skip
    assert changes == [
        ("PORTAL_MIN_SCREENSHOT", "1000x560", "10x10"),
        ("PORTAL_MIN_DESCRIPTION", "10", "1"),
        ("PORTAL_MIN_SCREENSHOT", "10x10", "1000x560"),
        ("PORTAL_MIN_DESCRIPTION", "1", "10"),
    ]
    portal.change_settings(min_screenshot=(10, 10))
    page = portal.signed_in("ada").get("/admin/system").text
    assert "PORTAL_MIN_SCREENSHOT 是 10x10，放宽了规则" in page


def test_a_first_start_with_a_loosened_rule_is_recorded_too(empty_settings) -> None:
    app = create_app(replace(empty_settings, min_description=1))
    with app.state.runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.SETTING_CHANGED)).one()
    assert row.actor_name == SYSTEM.name
    assert row.particulars == {"setting": "PORTAL_MIN_DESCRIPTION", "old": "10", "new": "1"}
    app.state.runtime.database.dispose()


@pytest.mark.both_databases
def test_processes_that_start_together_record_a_change_once(portal: Portal) -> None:
    loose = replace(portal.settings, min_description=2)
    barrier, failures = threading.Barrier(6), []

    def start() -> None:
        barrier.wait()
        try:
            record_changes(portal.runtime.database, loose)
            alarms.note(portal.runtime.database, ["log"])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert [row.particulars["new"] for row in rows(portal, Tag.SETTING_CHANGED)] == ["2"]
    assert len(rows(portal, Tag.ALARM_BEGAN)) == 1
