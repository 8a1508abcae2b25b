"""Settings: checked all at once, secrets from files, frozen (SECURITY I-9)."""

import dataclasses
import os
import re
from pathlib import Path

import pytest

from portal import settings as settings_module
from portal.notification_settings import Bot, NotificationSettings
from portal.sentences import said
from portal.settings import SettingsError, load_settings

BAD = {
    "PORTAL_DATABASE_URL": "mysql://example/portal",
    "PORTAL_UPLOADS": "https://bucket/prefix",
    "PORTAL_S3_ENDPOINT": "s3.example",
    "PORTAL_SUITE": "rot13",
    "PORTAL_PORT": "70000",
    "PORTAL_WORKERS": "0",
    "PORTAL_BASE_URL": "portal.example",
    "PORTAL_TRUSTED_PROXIES": "10.0.0.1, nonsense",
    "PORTAL_MIN_SCREENSHOT": "large",
    "PORTAL_MIN_PORTRAIT_SCREENSHOT": "600x",
    "PORTAL_STRIP_RATIO": "1",
    "PORTAL_ENVIRONMENT": "test",
    "PORTAL_OPENAPI": "yes",
    "PORTAL_MIN_DESCRIPTION": "-1",
    "PORTAL_MIN_BRIEF_DESCRIPTION": "0",
    "PORTAL_REPORTS_PER_HOUR": "many",
    "PORTAL_REPORTS_PER_INSTITUTION": "0",
    "PORTAL_SESSION_IDLE_MINUTES": "",
    "PORTAL_SESSION_HOURS": "25",
    "PORTAL_WORKER": "elsewhere",
    "PORTAL_SECOND_FACTOR": "perhaps",
    "PORTAL_PASSWORD_POLICY": "none",
    "PORTAL_OIDC_LABEL": "很" * 21,
    "PORTAL_DESK_NAME": "很" * 21,
    "PORTAL_HELP_CHANNELS": "很" * 201,
    "PORTAL_CREDENTIALS_GRACE_DAYS": "91",
    "PORTAL_KEEP_REPORTS_DAYS": "29",
    "PORTAL_KEEP_PICTURES_DAYS": "6",
    "PORTAL_KEEP_TRAIL_DAYS": "179",
    "PORTAL_KEEP_COMPLAINTS_DAYS": "29",
    "PORTAL_KEEP_SCORES_DAYS": "89",
    "PORTAL_REVEAL_QUIET_MINUTES": "1441",
    "PORTAL_REVEALS_PER_HOUR": "100001",
    "PORTAL_HOST": "bad host",
    "PORTAL_SYSLOG": "log.example.cn",
    "PORTAL_OMITTING_CHANNELS": "qq,yxt",
    "PORTAL_OUTPATIENTS": "yes",
    "PORTAL_AFTER_SALES": "yes",
    "PORTAL_SMTP_URL": "http://mail.example.cn",
    "PORTAL_MAIL_FROM": "nobody",
    "PORTAL_WECOM_WEBHOOK": "http://robot.example.cn/send?key=invented",
    "PORTAL_WECOM_WEBHOOK_HIS": "robot",
    "PORTAL_DINGTALK_WEBHOOK": "ftp://robot.example.cn",
    "PORTAL_FEISHU_WEBHOOK": "https://user:invented@robot.example.cn",
    "PORTAL_WEBHOOK_URL": "https://:0",
    "PORTAL_SMS_URL": "http://sms.example.cn",
    "PORTAL_SMS_TOKEN": "with blanks",
}
JUDGED_APART = {"PORTAL_OIDC_ISSUER"}  # it asks for other settings too


def faults_of(environ) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings(environ)
    return refused.value.faults


def test_the_defaults_are_those_of_the_contract():
    settings = load_settings({})

    assert settings.data_dir == Path("var")
    assert settings.database_url == f"sqlite:///{Path('var').absolute()}/portal.db"
    assert settings.uploads == "uploads"
    assert settings.keyring == Path("var/keyring.json")
    assert settings.suite == "aes-256-gcm"
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert settings.min_screenshot == (1000, 560)
    assert settings.trusted_proxies == ()


def test_everything_follows_the_data_folder(tmp_path):
    settings = load_settings({"PORTAL_DATA_DIR": str(tmp_path)})

    assert settings.database_url == f"sqlite:///{tmp_path}/portal.db"
    assert settings.keyring == tmp_path / "keyring.json"


def test_every_limit_has_a_value_beyond_it():
    source = Path(settings_module.__file__).read_text(encoding="utf-8")
    limited = set(re.findall(r'self\.(?:parsed|one_of|number|days)\(\s*"(PORTAL_\w+)"', source))

    assert len(limited) > 20
    assert limited - set(BAD) == JUDGED_APART


def test_it_names_every_fault_at_once():
    named = {fault.split(":")[0] for fault in faults_of(BAD)}

    # An empty value means the default.
    assert named == set(BAD) - {"PORTAL_SESSION_IDLE_MINUTES"}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, value in BAD.items() if value])
def test_it_names_each_fault_alone(name, value):
    faults = faults_of({name: value})
    assert [fault.split(":")[0] for fault in faults] == [name]
    assert re.search(r": .*[\u4e00-\u9fff].* \(.*[a-z]{3}.*\)$", faults[0]), faults


@pytest.mark.parametrize("number", ["1.5", " 80", "8_0", "+80", "８０", "1e3", "0x50", "9" * 30])
def test_it_takes_plain_whole_numbers_only(number):
    assert faults_of({"PORTAL_PORT": number}) == [f"PORTAL_PORT: {said('must_be_number', lowest=1, highest=65535)}"]


def test_it_reads_a_value_from_a_file(tmp_path):
    secret = tmp_path / "token"
    secret.write_text("an invented token\n")
    port = tmp_path / "port"
    port.write_text("8123\n")
    settings = load_settings({"PORTAL_METRICS_TOKEN_FILE": str(secret), "PORTAL_PORT_FILE": str(port)})

    assert settings.metrics_token == "an invented token"
    assert settings.port == 8123


def test_it_refuses_value_and_file_together(tmp_path):
    (tmp_path / "port").write_text("8123")
    environ = {"PORTAL_PORT": "8000", "PORTAL_PORT_FILE": str(tmp_path / "port")}

    assert faults_of(environ) == [f"PORTAL_PORT: {said('not_both', name='PORTAL_PORT')}"]


def test_it_names_a_file_that_cannot_be_read(tmp_path):
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\xff")
    environ = {
        "PORTAL_METRICS_TOKEN_FILE": str(tmp_path / "absent"),
        "PORTAL_HOST_FILE": str(tmp_path),
        "PORTAL_SUPPORT_PHONE_FILE": str(binary),
    }

    assert sorted(fault.split(":")[0] for fault in faults_of(environ)) == sorted(environ)


def test_no_fault_repeats_a_secret_value():
    url = "postgres://portal:invented-secret@db/portal"

    assert "invented-secret" not in str(faults_of({"PORTAL_DATABASE_URL": url}))


def test_it_reads_the_environment_when_nothing_is_given(monkeypatch):
    monkeypatch.setitem(os.environ, "PORTAL_PORT", "8124")

    assert load_settings().port == 8124


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        load_settings({}).port = 1


@pytest.mark.parametrize(
    ("environ", "environment"),
    [
        ({"PORTAL_HOST": "127.0.0.1"}, "development"),
        ({"PORTAL_HOST": "::1"}, "development"),
        ({"PORTAL_HOST": "localhost"}, "development"),
        ({"PORTAL_BASE_URL": "http://portal.example.cn"}, "development"),
        ({"PORTAL_HOST": "0.0.0.0"}, "production"),
        ({"PORTAL_BASE_URL": "https://portal.example.cn"}, "production"),
        ({"PORTAL_BASE_URL": "HTTPS://portal.example.cn"}, "production"),
        ({"PORTAL_TRUSTED_PROXIES": "127.0.0.1"}, "production"),
    ],
    ids=str,
)
def test_only_at_home_it_is_development(environ, environment):
    assert load_settings(environ).environment == environment
    for given in ("development", "production"):
        assert load_settings({**environ, "PORTAL_ENVIRONMENT": given}).environment == given


@pytest.mark.parametrize(
    "url",
    [
        "https://portal.example.cn/yxt",
        "https://portal.example.cn/yxt/",
        "https://portal.example.cn//a",
        "https://portal.example.cn?x=1",
        "https://portal.example.cn#top",
        "https://somebody@portal.example.cn",
        "https://portal.example.cn:0",
        "https://portal.example.cn:99999",
        "https://[::1",
        "https://",
    ],
)
def test_a_base_address_is_a_host_and_nothing_more(url):
    (fault,) = faults_of({"PORTAL_BASE_URL": url})
    assert fault.startswith("PORTAL_BASE_URL: ")


def test_cookies_are_secure_only_behind_tls():
    assert load_settings({"PORTAL_BASE_URL": "https://portal.example.cn/"}).is_https
    assert not load_settings({"PORTAL_BASE_URL": "http://portal.example.cn"}).is_https
    assert load_settings({"PORTAL_BASE_URL": "https://portal.example.cn/"}).base_url == "https://portal.example.cn"


def test_it_reads_proxies_as_addresses_and_networks():
    networks = load_settings({"PORTAL_TRUSTED_PROXIES": "10.0.0.1, 192.168.0.0/16,::1"}).trusted_proxies

    assert [str(network) for network in networks] == ["10.0.0.1/32", "192.168.0.0/16", "::1/128"]


OIDC = {
    "PORTAL_OIDC_ISSUER": "https://accounts.example.cn/realm",
    "PORTAL_OIDC_CLIENT_ID": "portal",
    "PORTAL_OIDC_CLIENT_SECRET": "invented-client-phrase",
    "PORTAL_BASE_URL": "https://portal.example.cn",
}


def test_an_openid_provider_is_optional_and_its_secret_stays_hidden(tmp_path):
    assert load_settings({}).oidc_issuer == ""
    file = tmp_path / "secret"
    file.write_text("invented-client-phrase\n", encoding="utf-8")
    by_file = {**OIDC, "PORTAL_OIDC_CLIENT_SECRET_FILE": str(file)}
    del by_file["PORTAL_OIDC_CLIENT_SECRET"]
    for environ in (OIDC, by_file):
        settings = load_settings(environ)
        assert settings.oidc_issuer == "https://accounts.example.cn/realm"
        assert (settings.oidc_client_secret, settings.oidc_label) == ("invented-client-phrase", "单位统一账号")
        assert "invented-client-phrase" not in repr(settings)


@pytest.mark.parametrize("missing", OIDC)
def test_a_provider_needs_all_its_settings(missing):
    environ = {name: value for name, value in OIDC.items() if name != missing}

    assert [fault.split(":")[0] for fault in faults_of(environ)] == [missing]


def test_one_setting_of_a_provider_names_all_the_others():
    named = {fault.split(":")[0] for fault in faults_of({"PORTAL_OIDC_CLIENT_ID": "portal"})}

    assert named == set(OIDC) - {"PORTAL_OIDC_CLIENT_ID"}


@pytest.mark.parametrize(
    "issuer",
    [
        "http://accounts.example.cn", "accounts.example.cn", "https://", "ftp://127.0.0.1", "https://a.example/?x=1",
        "https://a.example/#x", "https://user@a.example", "http://localhost.evil.example",
        "https://a.example/" + "x" * 250,
    ],
)  # fmt: skip
def test_an_issuer_that_is_not_safe_is_refused(issuer):
    assert "PORTAL_OIDC_ISSUER" in faults_of({**OIDC, "PORTAL_OIDC_ISSUER": issuer})[0]


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:3000", "http://localhost:3000", "http://[::1]:3000", "https://a.cn/"]
)
def test_a_safe_issuer_is_kept_as_it_is_written(issuer):
    assert load_settings({**OIDC, "PORTAL_OIDC_ISSUER": issuer}).oidc_issuer == issuer


def test_a_label_stays_short():
    assert "PORTAL_OIDC_LABEL" in faults_of({**OIDC, "PORTAL_OIDC_LABEL": "很" * 21})[0]


# Read where no name shows it: by the command line, the vault's start, or a property of Settings.
READ_BY_PROPERTIES = {"environment": "is_development", "openapi": "is_openapi_open"}


def test_every_setting_is_read_by_something():
    root = Path(settings_module.__file__).parent
    code = "\n".join(path.read_text(encoding="utf-8") for path in root.rglob("*.py") if path.name != "settings.py")
    pages = (root / "pages" / "admin" / "system.py").read_text(encoding="utf-8")
    code = code.replace(pages, "")  # showing a setting is no use of it
    names = [field.name for field in dataclasses.fields(settings_module.Settings)]

    unread = [name for name in names if not re.search(rf"\.{READ_BY_PROPERTIES.get(name, name)}\b", code)]
    assert unread == []


@pytest.mark.parametrize("host", ["bad host", "a_b", "-x", "x..y", "256.1.1.1", "10.0.0", "http://x", "x:80", "用户"])
def test_a_host_that_cannot_be_one_is_named(host):
    assert faults_of({"PORTAL_HOST": host}) == [f"PORTAL_HOST: {said('must_be_host')}"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1", "localhost", "portal.example.cn", "portal-1"])
def test_a_host_is_an_address_or_a_name(host):
    assert load_settings({"PORTAL_HOST": host}).host == host


def test_folders_are_judged_each_by_its_name_and_all_at_once(tmp_path):
    (tmp_path / "file").write_text("x")
    names = ("PORTAL_DATA_DIR", "PORTAL_UPLOADS", "PORTAL_KEYRING", "PORTAL_AUDIT_CHECKPOINTS")
    environ = {name: str(tmp_path / "file" / name) for name in names}

    words = said("no_folder", place=tmp_path / "file")
    assert sorted(faults_of(environ)) == sorted(f"{name}: {words}" for name in names)
    assert faults_of({"PORTAL_DATA_DIR": str(tmp_path / "file")}) == [f"PORTAL_DATA_DIR: {words}"]


@pytest.mark.parametrize("url", ["sqlite:///", "postgresql+psycopg://h", "postgresql+psycopg://u:geheim@h:port/x"])
def test_a_broken_database_address_is_named_without_its_password(url):
    faults = faults_of({"PORTAL_DATABASE_URL": url})

    assert [fault.split(":")[0] for fault in faults] == ["PORTAL_DATABASE_URL"]
    assert "geheim" not in str(faults)


def test_a_name_that_nothing_reads_is_told_with_the_nearest_one():
    environ = {"PORTAL_SECOND_FACTR": "required", "PORTAL_HOSTS_FILE": "x", "PORTAL_PORT": "1", "OTHER": "x"}

    assert load_settings(environ).unknown == (
        "PORTAL_HOSTS → PORTAL_HOST",
        "PORTAL_SECOND_FACTR → PORTAL_SECOND_FACTOR",
    )


def test_pictures_in_a_bucket_need_the_keys_to_it():
    assert [fault.split(":")[0] for fault in faults_of({"PORTAL_UPLOADS": "s3://pictures/portal"})] == [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ]


@pytest.mark.parametrize(
    "address", ["s3://", "s3:///prefix", "s3://UPPER/x", "s3://b/x", "s3://bucket/../x y", "s3://user@bucket/x"]
)
def test_an_address_that_is_no_bucket_is_refused(address):
    keys = {"AWS_ACCESS_KEY_ID": "invented", "AWS_SECRET_ACCESS_KEY": "invented"}

    assert [fault.split(":")[0] for fault in faults_of({"PORTAL_UPLOADS": address, **keys})] == ["PORTAL_UPLOADS"]


def test_notification_settings_stay_hidden_and_may_come_from_files(tmp_path):
    assert load_settings({}).notifications == NotificationSettings()
    file = tmp_path / "bot"
    file.write_text("https://robot.example.cn/send?key=invented-key\n")
    settings = load_settings(
        {
            "PORTAL_WECOM_WEBHOOK_FILE": str(file),
            "PORTAL_WECOM_WEBHOOK_HIS": "https://robot.example.cn/send?key=invented-other",
            "PORTAL_DINGTALK_WEBHOOK_GENERAL": "https://robot.example.cn/invented-ding",
            "PORTAL_DINGTALK_SECRET_GENERAL": "invented-secret",
            "PORTAL_SMTP_URL": "smtps://portal:invented-password@mail.example.cn",
            "PORTAL_MAIL_FROM": "portal@example.cn",
        }
    )
    assert set(settings.notifications.wecom) == {"", "his"}
    bot = settings.notifications.dingtalk["general"]
    assert bot == Bot("https://robot.example.cn/invented-ding", "invented-secret")
    assert "invented" not in repr(settings) and settings.unknown == ()


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"PORTAL_SMTP_URL": "smtp://127.0.0.1:25"}, "PORTAL_MAIL_FROM"),
        ({"PORTAL_MAIL_FROM": "portal@example.cn"}, "PORTAL_SMTP_URL"),
        ({"PORTAL_WEBHOOK_URL": "https://hook.example.cn"}, "PORTAL_WEBHOOK_SECRET"),
        ({"PORTAL_WEBHOOK_SECRET": "invented"}, "PORTAL_WEBHOOK_URL"),
        ({"PORTAL_FEISHU_SECRET_HIS": "invented"}, "PORTAL_FEISHU_WEBHOOK_HIS"),
        ({"PORTAL_SMS_TOKEN": "invented"}, "PORTAL_SMS_URL"),
    ],
)
def test_a_channel_needs_all_its_settings(given, missing):
    assert [fault.split(":")[0] for fault in faults_of(given)] == [missing]


def test_no_fault_repeats_the_key_of_a_channel():
    assert "invented" not in str(faults_of({name: value for name, value in BAD.items() if "invented" in value}))


def test_the_key_of_a_bucket_is_never_printed():
    settings = load_settings(
        {
            "PORTAL_UPLOADS": "s3://pictures/portal",
            "AWS_ACCESS_KEY_ID": "invented-id",
            "AWS_SECRET_ACCESS_KEY": "invented-secret",
            "AWS_SESSION_TOKEN": "invented-token",
        }
    )

    assert "invented-secret" not in repr(settings)
    assert "invented-token" not in repr(settings)
