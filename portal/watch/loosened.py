"""Settings that weaken a rule of the specification: said at the start, on 系统, and in the trail when they change."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import Database
from portal.sentences import SENTENCES, said
from portal.setting_addresses import is_loopback
from portal.settings import Settings, load_settings
from portal.watch.models import StartedSetting

_MOST_SIGNS = 200
# Paths, addresses of services and secrets: they change nothing that a rule speaks of, or must not be written down.
NOT_RECORDED = {
    "data_dir", "database_url", "uploads", "keyring", "audit_checkpoints", "keyring_json", "pkcs11_module",
    "pkcs11_token", "pkcs11_pin", "s3_endpoint", "s3_region", "s3_access_key", "s3_secret_key", "s3_session_token",
    "host", "port", "metrics_token", "oidc_client_secret", "notifications", "unknown",
}  # fmt: skip


@dataclass(frozen=True)
class Loosened:
    """A setting whose value is weaker than the rule."""

    name: str
    value: str
    rule: str

    @property
    def chinese(self) -> str:
        return SENTENCES["loosened"][0].format(name=self.name, value=self.value, rule=self.rule)

    def __str__(self) -> str:
        return said("loosened", name=self.name, value=self.value, rule=self.rule)


@dataclass(frozen=True)
class _Rule:
    field: str
    rule: str
    is_weaker: Callable[[Settings], bool]


_RULES = (
    _Rule("min_screenshot", "截图至少 1000x560", lambda s: s.min_screenshot[0] < 1000 or s.min_screenshot[1] < 560),
    _Rule(
        "min_portrait_screenshot",
        "竖的截图至少 600x1200",
        lambda s: s.min_portrait_screenshot[0] < 600 or s.min_portrait_screenshot[1] < 1200,
    ),
    _Rule("strip_ratio", "长边最多是短边的 4 倍", lambda s: s.strip_ratio > 4),
    _Rule("min_description", "问题描述至少 10 个字", lambda s: s.min_description < 10),
    _Rule("min_brief_description", "咨询和建议至少 4 个字", lambda s: s.min_brief_description < 4),
    _Rule("reports_per_hour", "每个地址每小时最多 3000 份", lambda s: s.reports_per_hour > 3000),
    _Rule("reports_per_institution", "每家机构每小时最多 500 份", lambda s: s.reports_per_institution > 500),
    _Rule("credentials_grace_days", "账号和密码在关闭时销毁", lambda s: s.credentials_grace_days > 0),
    _Rule("reveal_quiet_minutes", "5 分钟不操作后查看要再验证", lambda s: not 0 < s.reveal_quiet_minutes <= 5),
    _Rule("reveals_per_hour", "每人每小时最多查看 60 次", lambda s: not 0 < s.reveals_per_hour <= 60),
    _Rule("session_idle_minutes", "30 分钟不使用就退出", lambda s: s.session_idle_minutes > 30),
    _Rule("session_hours", "登录最长 8 小时", lambda s: s.session_hours > 8),
    _Rule("environment", "对外提供服务时是正式环境", lambda s: s.is_development and not is_loopback(s.host)),
    _Rule(
        "omitting_channels",
        "只有 QQ、邮件、微信和其他渠道可以不附敏感信息",
        lambda s: not set(s.omitting_channels) <= {"qq", "email", "wechat", "other"},
    ),
    _Rule("outpatients", "HIS 问题必须有住院号", lambda s: s.outpatients == "on"),
    _Rule("openapi", "正式环境不公开接口说明", lambda s: s.is_openapi_open and not s.is_development),
    _Rule(
        "trusted_proxies",
        "可信代理是写明的地址",
        lambda s: any(network.prefixlen == 0 for network in s.trusted_proxies),
    ),
)


def loosened_of(settings: Settings) -> list[Loosened]:
    """What weakens a rule now."""
    return [
        Loosened(f"PORTAL_{rule.field.upper()}", as_text(settings, rule.field), rule.rule)
        for rule in _RULES
        if rule.is_weaker(settings)
    ]


def record_changes(database: Database, settings: Settings) -> None:
    """At the start: a row of the trail for every setting that differs from the last start, or at first from a rule."""
    now = {name: as_text(settings, name) for name in vars(settings) if name not in NOT_RECORDED}
    with database.read() as session:
        if _before(session) == now:
            return
    defaults, weak = load_settings({}), {rule.field for rule in _RULES if rule.is_weaker(settings)}
    with database.transaction() as session:
        trail.lock(session)  # replicas and their processes start together
        kept = {row.name: row for row in session.scalars(select(StartedSetting))}
        before = {name: row.value for name, row in kept.items()}
        for name, value in now.items():
            old = before.get(name, as_text(defaults, name) if name in weak else value)
            if old != value:
                changed: Particulars = {"setting": f"PORTAL_{name.upper()}", "old": old, "new": value}
                trail.record(session, Tag.SETTING_CHANGED, SYSTEM, particulars=changed)
            if name in kept:
                kept[name].value = value
            else:
                session.add(StartedSetting(name=name, value=value))
        for name in kept.keys() - now.keys():
            session.delete(kept[name])


def _before(session: Session) -> dict[str, str]:
    return {row.name: row.value for row in session.scalars(select(StartedSetting))}


def as_text(settings: Settings, name: str) -> str:
    """A setting's value as it would be written, e.g. `1000x560`."""
    value = getattr(settings, name)
    if name in ("min_screenshot", "min_portrait_screenshot"):
        return f"{value[0]}x{value[1]}"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)[:_MOST_SIGNS]
