"""The 系统 page: what a system administrator has to see without looking into the database."""

import dataclasses

from portal.audit.actor import SYSTEM
from portal.notify.channel import permanent
from portal.notify.delivery import Dispatcher
from portal.pages.admin import system
from portal.settings import Settings
from portal.upkeep import backup
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.notify.channels import Recorder


def test_it_tells_what_waits_to_be_sent_and_what_was_given_up(portal: Portal) -> None:
    ada = portal.signed_in("ada")
    assert "没有等待发送的" in ada.get("/admin/system").text
    file_report(portal.runtime)
    assert Dispatcher(portal.runtime.database, [Recorder(before=lambda _: permanent(410))]).run() == 0
    assert "没有等待发送的；1 条未能送达" in ada.get("/admin/system").text
    file_report(portal.runtime)
    page = ada.get("/admin/system").text
    assert "1 条等待发送，最早的在 20" in page and "1 条未能送达" in page


# Shown by another fact, or by none: paths, addresses of services and secrets.
NOT_SHOWN = {
    "data_dir", "database_url", "keyring", "audit_checkpoints", "keyring_json", "pkcs11_module", "pkcs11_token",
    "pkcs11_pin", "port", "s3_endpoint", "s3_region", "s3_access_key", "s3_secret_key", "s3_session_token",
    "oidc_client_id", "oidc_client_secret", "oidc_label", "unknown",
}  # fmt: skip


def test_it_shows_every_setting_that_changes_behaviour() -> None:
    names = {field.name for field in dataclasses.fields(Settings)}
    assert names - set(system.SHOWN) == NOT_SHOWN
    assert set(system.SHOWN) < names


def test_it_shows_the_last_backup_and_keeping_times(portal: Portal, tmp_path) -> None:
    ada = portal.signed_in("ada")
    assert "还没有备份" in ada.get("/admin/system").text
    backup.make(portal.runtime, portal.settings.data_dir, tmp_path / "x.backup", SYSTEM)
    portal.change_settings(keep_pictures_days=90, unknown=("PORTAL_HOSTS → PORTAL_HOST",))
    page = ada.get("/admin/system").text

    assert "还没有备份" not in page
    assert "90 天" in page
    assert "PORTAL_HOSTS → PORTAL_HOST" in page
