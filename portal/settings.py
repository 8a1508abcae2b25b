"""Immutable settings from the environment (or NAME_FILE): the only reader of os.environ."""

import difflib
import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal import notification_settings
from portal import setting_addresses as addresses
from portal.notification_settings import NotificationSettings
from portal.sentences import said

SUITES = ("aes-256-gcm", "sm4-gcm")
WORKER_PLACES = ("inside", "apart")
SECOND_FACTORS = ("optional", "required")
SWITCHES = ("auto", "on", "off")
OTHER_CHANNELS = ("qq", "phone", "visit", "email", "wechat", "other")  # 一线通 always asks for everything
PASSWORD_POLICIES = ("owasp", "dengbao3")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """Lists all invalid settings at once (SECURITY I-9)."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Settings:
    """Everything a deployment may change. The names of durations end in their unit."""

    data_dir: Path
    database_url: str = field(repr=False)  # may hold a password
    uploads: str
    s3_endpoint: str
    s3_region: str
    s3_access_key: str
    s3_secret_key: str = field(repr=False)
    s3_session_token: str = field(repr=False)
    keyring: Path
    audit_checkpoints: Path
    keyring_json: str = field(repr=False)
    pkcs11_module: str
    pkcs11_token: str
    pkcs11_pin: str = field(repr=False)
    suite: str
    host: str
    port: int
    workers: int
    worker: str
    base_url: str
    trusted_proxies: tuple[Network, ...]
    min_screenshot: tuple[int, int]
    min_portrait_screenshot: tuple[int, int]
    strip_ratio: int
    environment: str
    support_phone: str
    desk_name: str
    help_channels: str
    min_description: int
    min_brief_description: int
    reports_per_hour: int
    reports_per_institution: int
    session_idle_minutes: int
    session_hours: int
    metrics_token: str = field(repr=False)
    second_factor: str
    password_policy: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str = field(repr=False)
    oidc_label: str
    credentials_grace_days: int
    keep_reports_days: int
    keep_pictures_days: int
    keep_trail_days: int
    keep_complaints_days: int
    keep_scores_days: int
    reveal_quiet_minutes: int
    reveals_per_hour: int
    omitting_channels: tuple[str, ...]
    outpatients: str
    after_sales: str
    openapi: str
    syslog: str
    notifications: NotificationSettings
    unknown: tuple[str, ...]  # a sentence for each PORTAL_… name that nothing reads

    def folders(self) -> dict[str, Path]:
        """Where the portal keeps files, by the setting that says so."""
        store = {} if "://" in self.uploads else {"PORTAL_UPLOADS": Path(self.uploads)}
        return store | {
            "PORTAL_KEYRING": self.keyring,
            "PORTAL_AUDIT_CHECKPOINTS": self.audit_checkpoints,
            "PORTAL_DATA_DIR": self.data_dir,
        }

    @property
    def is_https(self) -> bool:
        """Only then do cookies get Secure and the __Host- prefix."""
        return self.base_url.startswith("https://")

    @property
    def or_call(self) -> str:
        """How a sentence that sends people away ends, if there is a phone to call."""
        return f"，或拨打服务电话 {self.support_phone}" if self.support_phone else ""

    @property
    def is_development(self) -> bool:
        """Enables the style guide and, unless `PORTAL_OPENAPI` says otherwise, the OpenAPI description."""
        return self.environment == "development"

    @property
    def is_openapi_open(self) -> bool:
        """Opens `/api/v1/openapi.json` and nothing else (CONTRACT 8)."""
        return self.is_development if self.openapi == "auto" else self.openapi == "on"

    @property
    def is_at_home(self) -> bool:
        """Nothing says that anybody but this machine's own user comes here."""
        return _is_at_home(self.host, self.base_url, self.trusted_proxies)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Raises SettingsError, which lists all faults at once."""
    return _Reader(os.environ if environ is None else environ).settings()


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []
        self.names: set[str] = set()

    def settings(self) -> Settings:
        data_dir = Path(self.text("PORTAL_DATA_DIR", "var"))
        host = self.parsed("PORTAL_HOST", "127.0.0.1", _host)
        base_url = self.parsed("PORTAL_BASE_URL", "", addresses.base_url)
        proxies = self.parsed("PORTAL_TRUSTED_PROXIES", "", _networks)
        settings = Settings(
            data_dir=data_dir,
            database_url=self.parsed(
                "PORTAL_DATABASE_URL", f"sqlite:///{data_dir.absolute()}/portal.db", addresses.database_url
            ),
            uploads=self.parsed("PORTAL_UPLOADS", "uploads", addresses.uploads),
            s3_endpoint=self.parsed("PORTAL_S3_ENDPOINT", "", addresses.endpoint),
            s3_region=self.text("AWS_REGION", "") or self.text("AWS_DEFAULT_REGION", "us-east-1"),
            s3_access_key=self.text("AWS_ACCESS_KEY_ID", ""),
            s3_secret_key=self.text("AWS_SECRET_ACCESS_KEY", ""),
            s3_session_token=self.text("AWS_SESSION_TOKEN", ""),
            keyring=Path(self.text("PORTAL_KEYRING", str(data_dir / "keyring.json"))),
            audit_checkpoints=Path(self.text("PORTAL_AUDIT_CHECKPOINTS", str(data_dir / "audit-checkpoints.jsonl"))),
            keyring_json=self.text("PORTAL_KEYRING_JSON", ""),
            pkcs11_module=self.text("PORTAL_PKCS11_MODULE", ""),
            pkcs11_token=self.text("PORTAL_PKCS11_TOKEN", ""),
            pkcs11_pin=self.text("PORTAL_PKCS11_PIN", ""),
            suite=self.one_of("PORTAL_SUITE", "aes-256-gcm", SUITES),
            host=host,
            port=self.number("PORTAL_PORT", 8000, 1, 65535),
            workers=self.number("PORTAL_WORKERS", 1, 1, 64),
            worker=self.one_of("PORTAL_WORKER", "inside", WORKER_PLACES),
            base_url=base_url,
            trusted_proxies=proxies,
            min_screenshot=self.parsed("PORTAL_MIN_SCREENSHOT", "1000x560", _size),
            min_portrait_screenshot=self.parsed("PORTAL_MIN_PORTRAIT_SCREENSHOT", "600x1200", _size),
            strip_ratio=self.number("PORTAL_STRIP_RATIO", 4, 2, 20),
            environment=self.one_of(
                "PORTAL_ENVIRONMENT",
                "development" if _is_at_home(host, base_url, proxies) else "production",
                ("development", "production"),
            ),
            support_phone=self.text("PORTAL_SUPPORT_PHONE", ""),
            desk_name=self.parsed("PORTAL_DESK_NAME", "一线通客服中心", _label),
            help_channels=self.parsed("PORTAL_HELP_CHANNELS", "", _sentence),
            min_description=self.number("PORTAL_MIN_DESCRIPTION", 10, 1, 500),
            min_brief_description=self.number("PORTAL_MIN_BRIEF_DESCRIPTION", 4, 1, 500),
            reports_per_hour=self.number("PORTAL_REPORTS_PER_HOUR", 3000, 1, 1_000_000),
            reports_per_institution=self.number("PORTAL_REPORTS_PER_INSTITUTION", 500, 1, 1_000_000),
            session_idle_minutes=self.number("PORTAL_SESSION_IDLE_MINUTES", 30, 1, 24 * 60),
            session_hours=self.number("PORTAL_SESSION_HOURS", 8, 1, 24),
            metrics_token=self.text("PORTAL_METRICS_TOKEN", ""),
            second_factor=self.one_of("PORTAL_SECOND_FACTOR", "optional", SECOND_FACTORS),
            password_policy=self.one_of("PORTAL_PASSWORD_POLICY", "owasp", PASSWORD_POLICIES),
            oidc_issuer=self.parsed("PORTAL_OIDC_ISSUER", "", addresses.issuer),
            oidc_client_id=self.text("PORTAL_OIDC_CLIENT_ID", ""),
            oidc_client_secret=self.text("PORTAL_OIDC_CLIENT_SECRET", ""),
            oidc_label=self.parsed("PORTAL_OIDC_LABEL", "单位统一账号", _label),
            credentials_grace_days=self.number("PORTAL_CREDENTIALS_GRACE_DAYS", 0, 0, 90),
            keep_reports_days=self.days("PORTAL_KEEP_REPORTS_DAYS", 30),
            keep_pictures_days=self.days("PORTAL_KEEP_PICTURES_DAYS", 7),
            keep_trail_days=self.days("PORTAL_KEEP_TRAIL_DAYS", 180),
            keep_complaints_days=self.days("PORTAL_KEEP_COMPLAINTS_DAYS", 30, default=1095),
            keep_scores_days=self.days("PORTAL_KEEP_SCORES_DAYS", 90, default=730),
            reveal_quiet_minutes=self.number("PORTAL_REVEAL_QUIET_MINUTES", 5, 0, 24 * 60),
            reveals_per_hour=self.number("PORTAL_REVEALS_PER_HOUR", 60, 0, 100_000),
            omitting_channels=self.parsed("PORTAL_OMITTING_CHANNELS", "qq,email,wechat,other", _channels),
            outpatients=self.one_of("PORTAL_OUTPATIENTS", "off", ("on", "off")),
            after_sales=self.one_of("PORTAL_AFTER_SALES", "off", ("on", "off")),
            openapi=self.one_of("PORTAL_OPENAPI", "auto", SWITCHES),
            syslog=self.parsed("PORTAL_SYSLOG", "", addresses.syslog),
            notifications=notification_settings.read(self),
            unknown=self.unknown(),
        )
        self.check_oidc(settings)
        self.check_folders(settings)
        self.check_s3(settings)
        if self.faults:
            raise SettingsError(self.faults)
        return settings

    def unknown(self) -> tuple[str, ...]:
        """Call last: what was not read by then is read by nobody."""
        given = {name.removesuffix("_FILE") for name in self.environ if name.startswith("PORTAL_")} - self.names
        return tuple(_unknown(name, self.names) for name in sorted(given))

    def check_folders(self, settings: Settings) -> None:
        """Each folder by its setting's name, before anything is made in one."""
        for name, path in settings.folders().items():
            given = self.environ.get(name) or self.environ.get(f"{name}_FILE")
            if given or name in ("PORTAL_DATA_DIR", "PORTAL_UPLOADS"):
                is_folder = name in ("PORTAL_DATA_DIR", "PORTAL_UPLOADS")
                self.faults.extend(f"{name}: {fault}" for fault in _folder_faults(path, is_folder=is_folder))

    def check_oidc(self, settings: Settings) -> None:
        """All settings or none. The return address comes from the settings, never from a request (SECURITY E-13)."""
        required = ("PORTAL_OIDC_ISSUER", "PORTAL_OIDC_CLIENT_ID", "PORTAL_OIDC_CLIENT_SECRET")
        present = [name for name in required if self.environ.get(name) or self.environ.get(f"{name}_FILE")]
        if not present:
            return
        self.faults.extend(
            f"{name}: {said('needed_with', other=present[0])}" for name in required if name not in present
        )
        if not settings.base_url:
            self.faults.append(f"PORTAL_BASE_URL: {said('needed_with', other=present[0])}")

    def check_s3(self, settings: Settings) -> None:
        keys = {"AWS_ACCESS_KEY_ID": settings.s3_access_key, "AWS_SECRET_ACCESS_KEY": settings.s3_secret_key}
        if settings.uploads.startswith("s3://"):
            self.faults.extend(
                f"{name}: {said('needed_for', other='PORTAL_UPLOADS')}" for name, value in keys.items() if not value
            )

    def text(self, name: str, default: str) -> str:
        self.names.add(name)
        direct, file = self.environ.get(name), self.environ.get(f"{name}_FILE")
        if direct is not None and file is not None:
            self.faults.append(f"{name}: {said('not_both', name=name)}")
        if direct is None and file is not None:
            try:
                direct = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                self.faults.append(f"{name}_FILE: {said('setting_file')}")
        return default if direct is None or direct == "" else direct

    def parsed(self, name: str, default: str, parse: Callable[[str], Any]) -> Any:
        try:
            return parse(self.text(name, default))
        except ValueError as error:
            self.faults.append(f"{name}: {error}")
            return parse(default)

    def one_of(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in choices:
            self.faults.append(f"{name}: {said('must_be_one_of', choices=', '.join(choices))}")
        return value

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        text = self.text(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
            self.faults.append(f"{name}: {said('must_be_number', lowest=lowest, highest=highest)}")
            return default
        return int(text)

    def days(self, name: str, lowest: int, default: int = 0) -> int:
        """A retention period in days; 0 means for ever."""
        text = self.text(name, str(default))
        if text != "0" and (not re.fullmatch(r"[0-9]{1,5}", text) or int(text) < lowest):
            self.faults.append(f"{name}: {said('must_be_days', lowest=lowest)}")
            return 0
        return int(text)


def _is_at_home(host: str, base_url: str, proxies: tuple[Network, ...]) -> bool:
    return addresses.is_loopback(host) and not proxies and not base_url.startswith("https://")


def _host(text: str) -> str:
    """An address, or a name as DNS allows it; whether it is this machine's shows when it is bound."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        labels = text.rstrip(".").split(".")
        is_name = all(re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", label) for label in labels)
        if not is_name or len(text) > 253 or labels[-1].isdigit():
            raise ValueError(said("must_be_host")) from None
    return text


def _folder_faults(path: Path, *, is_folder: bool) -> list[str]:
    """Why nothing can be kept there: something on the way is not a folder."""
    nearest = next((part for part in (path.absolute(), *path.absolute().parents) if _is_there(part)), None)
    if nearest is None or nearest.is_dir() or (nearest == path.absolute() and not is_folder):
        return []
    return [said("no_folder", place=nearest)]


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # no permission to look: said when it is used
        return False


def _unknown(name: str, known: set[str]) -> str:
    nearest = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"{name} → {nearest[0]}" if nearest else name


def _channels(text: str) -> tuple[str, ...]:
    names = () if text == "none" else tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not set(names) <= set(OTHER_CHANNELS):
        raise ValueError(said("must_be_channels", channels=", ".join(OTHER_CHANNELS)))
    return names


def _sentence(text: str) -> str:
    if len(text) > 200 or not text.isprintable():
        raise ValueError(said("one_line", most=200))
    return text


def _label(text: str) -> str:
    if len(text) > 20 or not text.isprintable():
        raise ValueError(said("one_line", most=20))
    return text


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError(said("must_be_networks")) from None


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{2,5})x([0-9]{2,5})", text)
    if not match:
        raise ValueError(said("must_look_like", sample="1000x560"))
    return int(match[1]), int(match[2])


def data_folder(name: str) -> Path:
    """`templates`, `static` or `alembic`: in the installed package, else at the top of the source tree."""
    packaged = Path(__file__).parent / "_data" / name
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / name
