"""Checks and settings in words for the system administrator; never a key, a token or a database address."""

import shutil

from portal import __version__, clock
from portal.accounts.passwords import DENGBAO3
from portal.notify import outbox
from portal.runtime import Runtime
from portal.settings import Settings

_GIGABYTE = 1024**3


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
    ]


def _notifications(runtime: Runtime) -> str:
    with runtime.database.read() as session:
        found = outbox.backlog(session)
    waiting = "没有等待发送的"
    if found.oldest is not None:
        waiting = f"{found.waiting} 条等待发送，最早的在 {clock.in_china(found.oldest):%Y-%m-%d %H:%M}"
    return f"{waiting}；{found.failed} 条未能送达" if found.failed else waiting
