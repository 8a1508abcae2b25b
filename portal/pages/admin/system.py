"""Checks and settings in words for the system administrator; never a key, a token or a database address."""

import shutil
from dataclasses import dataclass

from portal import __version__, clock, migrations
from portal.accounts.passwords import DENGBAO3
from portal.calendar import working_days
from portal.errors import PortalError
from portal.notify import outbox
from portal.runtime import Runtime
from portal.settings import Settings

_LEAST_FREE_BYTES = 200 * 1024 * 1024
_GIGABYTE = 1024**3


@dataclass(frozen=True)
class Check:
    """A condition that the portal needs to accept reports."""

    label: str
    is_good: bool


def checks(runtime: Runtime, settings: Settings) -> list[Check]:
    """The same conditions that `/readyz` reports to machines."""
    return [
        Check("数据库可以写入", runtime.database.is_reachable()),
        Check("数据库结构是当前版本", _is_current(runtime)),
        Check("加密密钥可用", runtime.vault.keyring.is_available()),
        Check("附图存储可以写入", runtime.blobs.is_writable()),
        Check("磁盘空间足够", shutil.disk_usage(settings.data_dir).free > _LEAST_FREE_BYTES),
    ]


def facts(runtime: Runtime, settings: Settings) -> list[tuple[str, str]]:
    """Version and settings as (label, value). Rights and people belong to other pages."""
    free = shutil.disk_usage(settings.data_dir).free / _GIGABYTE
    return [
        ("版本", __version__),
        ("运行环境", "开发" if settings.is_development else "正式"),
        ("数据库", "SQLite" if runtime.database.is_sqlite else "PostgreSQL"),
        ("附图存储", "对象存储" if "://" in settings.uploads else "本机文件夹"),
        ("数据盘剩余", f"{free:.1f} GB"),
        ("当前密钥", runtime.vault.keyring.active_key_id),
        ("新数据的算法", runtime.vault.suite.name),
        ("访问地址", settings.base_url or "未设置"),
        ("服务进程", str(settings.workers)),
        ("可信代理", "、".join(str(network) for network in settings.trusted_proxies) or "无"),
        ("登录超时", f"{settings.session_idle_minutes} 分钟不使用，或登录满 {settings.session_hours} 小时"),
        ("两步验证", "必须开启" if settings.second_factor == "required" else "自愿开启"),
        ("密码规则", "等保三级" if settings.password_policy == DENGBAO3 else "长度加常见密码表"),
        ("通知", _notifications(runtime)),
        ("工作日历", _calendar(runtime)),
    ]


def _calendar(runtime: Runtime) -> str:
    with runtime.database.read() as session:
        days = working_days.load(session)
    missing = days.unknown_among(working_days.years_to_know(clock.china_today()))
    if not missing:
        return f"节假日已录入到 {max(days.years)} 年"
    years = "、".join(f"{year} 年" for year in missing)
    return f"{years}节假日未录入：先按周一到周五、扣除法定固定节日计算。请用 calendar import 录入"


def _notifications(runtime: Runtime) -> str:
    with runtime.database.read() as session:
        found = outbox.backlog(session)
    waiting = "没有等待发送的"
    if found.oldest is not None:
        waiting = f"{found.waiting} 条等待发送，最早的在 {clock.in_china(found.oldest):%Y-%m-%d %H:%M}"
    return f"{waiting}；{found.failed} 条未能送达" if found.failed else waiting


def _is_current(runtime: Runtime) -> bool:
    try:
        return migrations.is_current(runtime.database)
    except PortalError:
        return False
