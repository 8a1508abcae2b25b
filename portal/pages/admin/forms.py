"""The administrator's forms: only the fields named here ever reach a user's row (SECURITY F-4)."""

from dataclasses import dataclass

from portal.accounts.models import User
from portal.accounts.roles import DUTY_LABELS, ROLE_LABELS
from portal.kinds.table import KINDS


@dataclass(frozen=True)
class UserForm:
    """A person as typed, shown again beside the faults. Never holds a password."""

    username: str = ""
    display_name: str = ""
    staff_number: str = ""
    mail_address: str = ""
    role: str = ""
    queues: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    department: str = ""


LABELS = {
    "display_name": "显示名",
    "staff_number": "工号",
    "mail_address": "通知邮箱",
    "role": "角色",
    "queues": "队列",
    "department": "部门",
    "duties": "职责",
}


# The word of each value that is a choice.
WORDS: dict[str, str] = {
    **{role.value: label for role, label in ROLE_LABELS.items()},
    **{duty.value: label for duty, label in DUTY_LABELS.items()},
    **{name.value: kind.label for name, kind in KINDS.items()},
}


def form_of(user: User, department: str = "") -> UserForm:
    """`department`: the name of a partner's."""
    return UserForm(
        user.username, user.display_name, user.staff_number or "", user.mail_address or "", user.role,
        tuple(user.queues), tuple(user.duties), department,
    )  # fmt: skip
