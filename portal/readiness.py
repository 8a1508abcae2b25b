"""What must hold for the portal to serve, and what must not go unnoticed: one list.

`/readyz`, `/metrics`, the 系统 page and the alarms in the trail read it.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal import migrations
from portal.audit.problems import problem_label
from portal.errors import PortalError
from portal.runtime import Runtime
from portal.vault.start import expected_key
from portal.watch import alarms, clock_doubt, forwarding, log_health, store_mark

LEAST_FREE_BYTES = 200 * 1024 * 1024
_UNKNOWN = "无法检查"


@dataclass(frozen=True)
class Condition:
    """One thing that must hold; without an essential one no report can be taken.

    `problem` answers with a sentence, or None when it holds.
    """

    name: str
    label: str
    problem: Callable[[Runtime], str | None]
    is_essential: bool = True


@dataclass(frozen=True)
class Finding:
    """A condition as it is now; `problem` is empty when it holds, `since` known once the worker has noticed."""

    name: str
    label: str
    problem: str
    is_essential: bool
    since: datetime | None = None

    @property
    def is_good(self) -> bool:
        return not self.problem


def findings(runtime: Runtime) -> list[Finding]:
    """Every condition, looked at now."""
    since = _since(runtime)
    return [_finding(each, runtime, since) for each in CONDITIONS]


def finding(runtime: Runtime, name: str) -> Finding:
    """One condition, looked at now."""
    condition = next(each for each in CONDITIONS if each.name == name)
    return _finding(condition, runtime, _since(runtime))


def note_alarms(runtime: Runtime) -> None:
    """The worker's rounds: what does not hold becomes an alarm with the time it began, and a row of the trail."""
    found = [each.name for each in findings(runtime) if not each.is_good]
    if "database" not in found:
        alarms.note(runtime.database, found)


def intake_problem(runtime: Runtime) -> str | None:
    """What a clinic should know before it types: the store is not there, or room runs out (SECURITY I-4)."""
    if _problem(_RIGHT_STORE, runtime):
        return f"现在暂时不能提交问题，请稍后再试{runtime.settings.or_call}"
    if _problem(_DISK, runtime):
        return f"系统的存储空间快用完了，提交可能不成功，请过一会儿再提交{runtime.settings.or_call}"
    return None


def _finding(each: Condition, runtime: Runtime, since: dict[str, datetime]) -> Finding:
    problem = _problem(each, runtime)
    return Finding(each.name, each.label, problem, each.is_essential, since.get(each.name) if problem else None)


def _problem(condition: Condition, runtime: Runtime) -> str:
    try:
        return condition.problem(runtime) or ""
    except Exception:  # any failure of a check means that the condition is not known to hold
        return _UNKNOWN


def _since(runtime: Runtime) -> dict[str, datetime]:
    try:
        with runtime.database.read() as session:
            return alarms.since(session)
    except PortalError:
        return {}


def _database(runtime: Runtime) -> str | None:
    return None if runtime.database.is_reachable() else "数据库不能写入"


def _migrations(runtime: Runtime) -> str | None:
    return None if migrations.is_current(runtime.database) else "数据库结构不是当前版本"


def _key(runtime: Runtime) -> str | None:
    if not runtime.vault.keyring.is_available():
        return "加密密钥不可用"
    with runtime.database.read() as session:
        is_known = expected_key(session) in runtime.vault.keyring.key_ids()
    return None if is_known else "加密密钥比数据旧，缺少现在用的一把"


def _storage(runtime: Runtime) -> str | None:
    problem = runtime.blobs.problem()
    if problem:
        return f"附图存储{store_mark.PROBLEM_LABELS[problem]}"
    return None if runtime.blobs.is_writable() else "附图存储不能写入"


def _disk(runtime: Runtime) -> str | None:
    free = shutil.disk_usage(runtime.settings.data_dir).free
    return None if free > LEAST_FREE_BYTES else f"磁盘只剩 {free // 2**20} MB"


def _clock(runtime: Runtime) -> str | None:
    with runtime.database.read() as session:
        doubt = clock_doubt.doubted(session)
    return doubt.chinese if doubt else None


def _checkpoints(runtime: Runtime) -> str | None:
    problem = runtime.checkpoints.problem()
    return f"{problem_label(problem)}，请运行 portal audit verify 查明原因" if problem else None


def _forwarding(runtime: Runtime) -> str | None:
    if not runtime.settings.syslog:
        return None
    with runtime.database.read() as session:
        return "审计记录有超过 5 分钟没有转发出去" if forwarding.is_late(session) else None


def _log(runtime: Runtime) -> str | None:
    problem = log_health.problem()
    return log_health.PROBLEM_LABELS[problem] if problem else None


_RIGHT_STORE = Condition("storage", "附图存储是这套数据的", lambda runtime: runtime.blobs.problem())
_DISK = Condition("disk", "磁盘空间足够", _disk)
CONDITIONS = (
    Condition("database", "数据库可以写入", _database),
    Condition("migrations", "数据库结构是当前版本", _migrations),
    Condition("key", "加密密钥可用", _key),
    Condition("storage", "附图存储可以写入", _storage),
    _DISK,
    Condition("clock", "服务器时间可信", _clock, is_essential=False),
    Condition("checkpoints", "审计记录的签名检查点完好", _checkpoints, is_essential=False),
    Condition("forwarding", "审计记录能转发", _forwarding, is_essential=False),
    Condition("log", "日志可以写入", _log, is_essential=False),
)
