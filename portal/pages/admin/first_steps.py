"""What a new portal still needs before clinics can use it, each step until it is done."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.institutions.models import DirectoryEntry
from portal.kinds.table import KINDS
from portal.runtime import Runtime
from portal.settings import Settings
from portal.tickets.models import Ticket


@dataclass(frozen=True)
class Step:
    """One thing to do: where, or how. `is_done` looks at what is there."""

    title: str
    how: str
    address: str
    is_done: Callable[[Session, Settings], bool]


def open_steps(runtime: Runtime) -> tuple[list[Step], int]:
    """The steps that are still to be done, and how many there are in all."""
    with runtime.database.read() as session:
        return [step for step in STEPS if not step.is_done(session, runtime.settings)], len(STEPS)


def _has_engineer(queue: str) -> Callable[[Session, Settings], bool]:
    def is_done(session: Session, _: Settings) -> bool:
        engineers = session.scalars(select(User).where(User.role == Role.ENGINEER.value, User.is_active))
        return any(queue in user.queues for user in engineers)

    return is_done


def _has(condition: object) -> Callable[[Session, Settings], bool]:
    return lambda session, _: bool(session.scalar(select(exists().where(condition))))  # type: ignore[arg-type]


STEPS = (
    *(
        Step(f"为{kind.label}队列新增一位工程师", "没有工程师，提交的问题没有人领取", "/admin/people/new",
             _has_engineer(kind.name.value))
        for kind in KINDS.values()
    ),
    Step("新增一位主管", "转派、作废和审计由主管处理", "/admin/people/new",
         _has((User.role == Role.LEAD.value) & User.is_active)),
    Step("填写服务电话", "用设置 PORTAL_SUPPORT_PHONE 填写后重新启动，机构填写遇到困难时能找到人", "",
         lambda _, settings: bool(settings.support_phone)),
    Step("建立机构名录", "逐家新增，或导入表格；机构填写时就能选到自己", "/institutions",
         _has(DirectoryEntry.id.is_not(None))),
    Step("备份一次，并把密钥另外保存", "运行 portal backup；密钥不在备份里，两样都在才能恢复", "",
         _has((AuditEvent.tag == Tag.BACKUP_MADE) & AuditEvent.is_success)),
    Step("提交一条测试问题", "从机构的页面提交，再由工程师领取、处理一遍", "/", _has(Ticket.id.is_not(None))),
)  # fmt: skip
