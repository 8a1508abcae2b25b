"""Settings in words for the system administrator; never a key, a token or a database address."""

import shutil
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import __version__, clock
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.calendar import working_days
from portal.kinds.names import CHANNEL_LABELS, Channel
from portal.notify import outbox
from portal.notify.matrix import WAY_LABELS
from portal.notify.ways import ways_of
from portal.runtime import Runtime
from portal.settings import Settings
from portal.watch.setting_words import SETTING_LABELS, value_label

_GIGABYTE = 1024**3
_OPENAPI = {"auto": "开发环境公开，正式环境不公开", "on": "公开", "off": "不公开"}

# Every setting that changes behaviour, in words; the test names those that are shown nowhere, and why.
SHOWN: dict[str, Callable[[Settings], str]] = {
    "environment": lambda s: value_label(s.environment),
    "uploads": lambda s: "对象存储" if "://" in s.uploads else "本机文件夹",
    "suite": lambda s: s.suite,
    "base_url": lambda s: s.base_url or "未设置",
    "host": lambda s: f"{s.host} 端口 {s.port}",
    "workers": lambda s: str(s.workers),
    "worker": lambda s: value_label(s.worker),
    "trusted_proxies": lambda s: "、".join(str(network) for network in s.trusted_proxies) or "无",
    "omitting_channels": lambda s: "、".join(CHANNEL_LABELS[Channel(name)] for name in s.omitting_channels) or "无",
    "outpatients": lambda s: "写明原因可以提报" if s.outpatients == "on" else "不能提报，请机构打电话",
    "after_sales": lambda s: "可以选" if s.after_sales == "on" else "不用",
    "openapi": lambda s: _OPENAPI[s.openapi],
    "support_phone": lambda s: s.support_phone or "未设置",
    "desk_name": lambda s: s.desk_name,
    "help_channels": lambda s: s.help_channels or "未设置",
    "min_screenshot": lambda s: f"{s.min_screenshot[0]}×{s.min_screenshot[1]}",
    "min_portrait_screenshot": lambda s: f"{s.min_portrait_screenshot[0]}×{s.min_portrait_screenshot[1]}",
    "strip_ratio": lambda s: f"长边超过短边 {s.strip_ratio} 倍",
    "min_description": lambda s: f"{s.min_description} 个字",
    "min_brief_description": lambda s: f"{s.min_brief_description} 个字",
    "reports_per_hour": lambda s: f"每个地址 {s.reports_per_hour} 份",
    "reports_per_institution": lambda s: f"{s.reports_per_institution} 份",
    "session_idle_minutes": lambda s: f"{s.session_idle_minutes} 分钟",
    "session_hours": lambda s: f"{s.session_hours} 小时",
    "second_factor": lambda s: value_label(s.second_factor),
    "password_policy": lambda s: value_label(s.password_policy),
    "oidc_issuer": lambda s: s.oidc_label if s.oidc_issuer else "未开启",
    "reveal_quiet_minutes": lambda s: f"{s.reveal_quiet_minutes} 分钟不操作后" if s.reveal_quiet_minutes else "不要求",
    "reveals_per_hour": lambda s: f"每人 {s.reveals_per_hour} 次" if s.reveals_per_hour else "不限",
    "credentials_grace_days": lambda s: (
        f"关闭后 {s.credentials_grace_days} 天" if s.credentials_grace_days else "关闭时销毁"
    ),
    "keep_pictures_days": lambda s: _keep(s.keep_pictures_days),
    "keep_reports_days": lambda s: _keep(s.keep_reports_days),
    "keep_trail_days": lambda s: f"{s.keep_trail_days} 天" if s.keep_trail_days else "永久",
    "keep_complaints_days": lambda s: f"{s.keep_complaints_days} 天" if s.keep_complaints_days else "永久",
    "keep_scores_days": lambda s: f"{s.keep_scores_days} 天" if s.keep_scores_days else "永久",
    "syslog": lambda s: s.syslog or "不转发",
    "notifications": lambda s: "、".join(WAY_LABELS[way] for way in ways_of(s.notifications)) or "未设置，不向外发送",
    "metrics_token": lambda s: "凭令牌读取" if s.metrics_token else "只对本机",
}


def facts(runtime: Runtime, settings: Settings) -> list[tuple[str, str]]:
    """Version, state and settings as (label, value). Rights and people belong to other pages."""
    free = shutil.disk_usage(settings.data_dir).free / _GIGABYTE
    with runtime.database.read() as session:
        backup, notifications, calendar = _last_backup(session), _notifications(session), _calendar(session)
    return [
        ("版本", __version__),
        ("上次备份", clock.staff_time(backup) if backup else "还没有备份"),
        ("通知", notifications),
        ("工作日历", calendar),
        ("数据库", "SQLite" if runtime.database.is_sqlite else "PostgreSQL"),
        ("数据盘剩余", f"{free:.1f} GB"),
        ("当前密钥", runtime.vault.keyring.active_key_id),
        *((SETTING_LABELS[name], words(settings)) for name, words in SHOWN.items()),
        *(("没有这个设置", name) for name in settings.unknown),
    ]


def _keep(days: int) -> str:
    return f"关闭后 {days} 天" if days else "永久"


def _last_backup(session: Session) -> datetime | None:
    query = select(AuditEvent.at).where(AuditEvent.tag == Tag.BACKUP_MADE, AuditEvent.is_success)
    return session.scalar(query.order_by(AuditEvent.seq.desc()).limit(1))


def _calendar(session: Session) -> str:
    days = working_days.load(session)
    missing = days.unknown_among(working_days.years_to_know(clock.china_today()))
    if not missing:
        return f"节假日已录入到 {max(days.years)} 年"
    years = "、".join(f"{year} 年" for year in missing)
    return f"{years}节假日未录入：先按周一到周五、扣除法定固定节日计算。请在“时间”页录入"


def _notifications(session: Session) -> str:
    found = outbox.backlog(session)
    waiting = "没有等待发送的"
    if found.oldest is not None:
        waiting = f"{found.waiting} 条等待发送，最早的在 {clock.staff_time(found.oldest)}"
    return f"{waiting}；{found.failed} 条未能送达" if found.failed else waiting
