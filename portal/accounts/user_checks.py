"""The rules for a person's names, staff number, role and queues, with the sentences of their faults."""

import re
import unicodedata
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Department, User
from portal.accounts.roles import GRANTS, IN_EVERY_QUEUE, NAMES_OF_NOBODY, ROLE_LABELS, Duty, Permission, Role
from portal.errors import Fault
from portal.institutions.divisions import simplified
from portal.kinds.table import QUEUES
from portal.sensitive_text.folding import nfkc
from portal.setting_addresses import is_mail_address

# The trail uses these names for actors who are not staff.
_RESERVED_KEYS = frozenset({"clinic", "visitor", "system", "commandline"})
_STAFF_NUMBER = re.compile(r"[A-Z0-9]([A-Z0-9-]{0,10}[A-Z0-9])?")
_USERNAME = re.compile(r"[0-9A-Za-z_@\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff-]{2,60}")
USERNAME_HELP = "2 到 60 个字，可以用汉字、字母、数字和 _ - @"
_LONGEST_SHOWN_NAME = 60
# Words by which timelines and the trail name somebody who is no member of staff, or whom any of them could be.
_SYSTEMS_OWN = (
    *("系统", "机构", "访客", "命令行", "一线通", "工作人员", "服务人员", "客服"),
    *(ROLE_LABELS[role] for role in NAMES_OF_NOBODY),
)


def name_key(username: str) -> str:
    """One key for every spelling of a name: case, blanks, full width, composition (SECURITY E-5)."""
    folded = nfkc(username).casefold()
    return "".join(char for char in folded if not char.isspace() and unicodedata.category(char)[0] != "C")[:60]


def _sign_key(name: str) -> str:
    """What is read at a glance: one key for whatever signs stand between the letters, and for traditional ones."""
    return simplified("".join(filter(str.isalnum, name_key(name))))


def name_faults(session: Session, username: str) -> list[Fault]:
    if not username:
        return [Fault("username", "required", f"请填写用户名，{USERNAME_HELP}")]
    is_taken = session.scalars(select(User.id).where(User.name_key == name_key(username))).first()
    if is_taken or name_key(username) in _RESERVED_KEYS:
        return [Fault("username", "taken", "这个用户名已经有人使用")]
    if not _USERNAME.fullmatch(username):
        return [Fault("username", "invalid", f"用户名为 {USERNAME_HELP}")]
    return []


def shown_name_faults(session: Session, display_name: str, username: str, owner: User | None = None) -> list[Fault]:
    """Clinics and colleagues know people by this name: it is nobody else's, and no word of the system.

    Args:
        owner: whose name it is to be, if they are there already; a name that they have stays.
    """
    shown = display_name.strip() or username
    if owner is not None and shown == owner.display_name:
        return []
    if len(shown) > _LONGEST_SHOWN_NAME or not shown.isprintable():
        return [Fault("display_name", "invalid", f"显示名不超过 {_LONGEST_SHOWN_NAME} 个字符")]
    key = name_key(shown)
    if _sign_key(shown) in {*map(_sign_key, _SYSTEMS_OWN), *_RESERVED_KEYS}:
        return [Fault("display_name", "taken", f"“{shown}”是系统自己用的称呼，请用本人的姓名，例如：张工")]
    others = select(User).where(User.is_active)
    for other in session.scalars(others if owner is None else others.where(User.id != owner.id)):
        if key in (name_key(other.display_name), other.name_key):
            fault = f"“{shown}”已经是另一位在用人员的名字，请写得能区分，例如写全姓名"
            return [Fault("display_name", "taken", fault)]
    return []


def clean_staff_number(number: str) -> str:
    """One spelling: upper case, and not full width, so that a number cannot exist twice."""
    return nfkc(number).strip().upper()


def mail_faults(address: str) -> list[Fault]:
    """A blank address is none."""
    if not address or (len(address) <= 254 and is_mail_address(address)):
        return []
    return [Fault("mail_address", "invalid", "邮箱的写法不对，例如 zhang@example.cn")]


def staff_number_faults(session: Session, number: str, owner: User | None = None) -> list[Fault]:
    if not number:
        return []
    if not _STAFF_NUMBER.fullmatch(number):
        return [Fault("staff_number", "invalid", "工号为 1 到 12 个字母或数字，中间可以有连字符 -")]
    holder = session.scalars(select(User.id).where(User.staff_number == number)).first()
    if holder is not None and (owner is None or holder != owner.id):
        return [Fault("staff_number", "taken", "这个工号已经有人使用")]
    return []


def duty_faults(role: str, duties: Sequence[str]) -> list[Fault]:
    """客服经理 is a lead's duty; 法务联系人 is anybody's (DESK 0.4)."""
    if any(duty not in list(Duty) for duty in duties):
        return [Fault("duties", "invalid", "请从列表里选择职责")]
    if Duty.MANAGER in duties and role != Role.LEAD.value:
        return [Fault("duties", "invalid", "只有主管可以同时是客服经理")]
    return []


def role_faults(role: str, queues: Sequence[str], department: Department | None = None) -> list[Fault]:
    faults = []
    if role not in list(Role):
        return [Fault("role", "invalid", "请选择角色")]
    if any(queue not in QUEUES for queue in queues):
        faults.append(Fault("queues", "invalid", "请从列表里选择队列"))
    if role == Role.ENGINEER and not queues:
        faults.append(Fault("queues", "required", "工程师至少属于一个队列"))
    if role == Role.PARTNER and department is None:
        faults.append(Fault("department", "required", "协作部门的人员要选择部门，名单在“管理”的“协作部门”里"))
    return faults


def queues_for(role: Role, queues: Sequence[str]) -> list[str]:
    """The queues that a role has: none without the permission, all for some roles unless named."""
    if Permission.VIEW_QUEUE not in GRANTS[role]:
        return []
    if role in IN_EVERY_QUEUE and not queues:
        return list(QUEUES)
    return [queue for queue in QUEUES if queue in queues]
