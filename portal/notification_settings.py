"""Through which channels notifications leave this deployment; without any of these settings nothing does."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from portal import setting_addresses as addresses
from portal.sentences import said

EVERY_QUEUE = ""
_ENDING = re.compile(r"(?:_[A-Z0-9]+)?")


@dataclass(frozen=True)
class Bot:
    """A group bot: its address holds its key. Without a secret its messages are not signed."""

    webhook: str = field(repr=False)
    secret: str = field(repr=False, default="")


@dataclass(frozen=True)
class NotificationSettings:
    """Bots by queue; the one of EVERY_QUEUE serves the queues that have none of their own."""

    smtp_url: str = field(repr=False, default="")
    mail_from: str = ""
    wecom: Mapping[str, Bot] = field(default_factory=dict)
    dingtalk: Mapping[str, Bot] = field(default_factory=dict)
    feishu: Mapping[str, Bot] = field(default_factory=dict)
    webhook_url: str = field(repr=False, default="")
    webhook_secret: str = field(repr=False, default="")
    sms_url: str = field(repr=False, default="")
    sms_token: str = field(repr=False, default="")


class Reader(Protocol):
    """What reads the environment (`settings`)."""

    environ: Mapping[str, str]
    faults: list[str]

    def text(self, name: str, default: str) -> str: ...
    def parsed(self, name: str, default: str, parse: Callable[[str], Any]) -> Any: ...


def read(reader: Reader) -> NotificationSettings:
    """Adds its faults to those of the reader."""
    settings = NotificationSettings(
        smtp_url=reader.parsed("PORTAL_SMTP_URL", "", addresses.smtp_url),
        mail_from=reader.parsed("PORTAL_MAIL_FROM", "", addresses.mail_address),
        wecom=_bots(reader, "PORTAL_WECOM_WEBHOOK"),
        dingtalk=_bots(reader, "PORTAL_DINGTALK_WEBHOOK", "PORTAL_DINGTALK_SECRET"),
        feishu=_bots(reader, "PORTAL_FEISHU_WEBHOOK", "PORTAL_FEISHU_SECRET"),
        webhook_url=reader.parsed("PORTAL_WEBHOOK_URL", "", addresses.outgoing),
        webhook_secret=reader.text("PORTAL_WEBHOOK_SECRET", ""),
        sms_url=reader.parsed("PORTAL_SMS_URL", "", addresses.outgoing),
        sms_token=reader.parsed("PORTAL_SMS_TOKEN", "", _header_value),
    )
    _together(reader, "PORTAL_SMTP_URL", settings.smtp_url, "PORTAL_MAIL_FROM", settings.mail_from)
    _together(reader, "PORTAL_WEBHOOK_URL", settings.webhook_url, "PORTAL_WEBHOOK_SECRET", settings.webhook_secret)
    if settings.sms_token and not settings.sms_url and not _is_faulty(reader, "PORTAL_SMS_URL"):
        reader.faults.append(f"PORTAL_SMS_URL: {said('needed_with', other='PORTAL_SMS_TOKEN')}")
    return settings


def _bots(reader: Reader, webhook_setting: str, secret_setting: str = "") -> dict[str, Bot]:
    """One bot for every ending that the environment has: `_HIS` is the bot of the queue `his`."""
    found = {}
    names = [name for name in (webhook_setting, secret_setting) if name]
    for ending in _endings(reader.environ, names):
        webhook_name, secret_name = f"{webhook_setting}{ending}", f"{secret_setting}{ending}"
        webhook = reader.parsed(webhook_name, "", addresses.outgoing)
        secret = reader.text(secret_name, "") if secret_setting else ""
        if webhook:
            found[ending.lstrip("_").lower()] = Bot(webhook, secret)
        elif secret and not _is_faulty(reader, webhook_name):
            reader.faults.append(f"{webhook_name}: {said('needed_with', other=secret_name)}")
    return found


def _endings(environ: Mapping[str, str], settings: list[str]) -> list[str]:
    names = [name.removesuffix("_FILE") for name in environ]
    endings = (name.removeprefix(setting) for setting in settings for name in names if name.startswith(setting))
    return sorted({EVERY_QUEUE, *(ending for ending in endings if _ENDING.fullmatch(ending))})


def _together(reader: Reader, first: str, first_value: str, second: str, second_value: str) -> None:
    for name, value, other, given in (
        (first, first_value, second, second_value), (second, second_value, first, first_value),
    ):  # fmt: skip
        if given and not value and not _is_faulty(reader, name):
            reader.faults.append(f"{name}: {said('needed_with', other=other)}")


def _is_faulty(reader: Reader, name: str) -> bool:
    return any(fault.startswith((f"{name}:", f"{name}_FILE:")) for fault in reader.faults)


def _header_value(text: str) -> str:
    if text and not (text.isascii() and text.isprintable() and " " not in text):
        raise ValueError(said("no_blanks"))
    return text
