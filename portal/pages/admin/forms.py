"""The administrator's forms: only the fields named here ever reach a user's row (SECURITY F-4)."""

from dataclasses import dataclass

from portal.accounts.models import User


@dataclass(frozen=True)
class UserForm:
    """A person as typed, shown again beside the faults. Never holds a password."""

    username: str = ""
    display_name: str = ""
    staff_number: str = ""
    role: str = ""
    queues: tuple[str, ...] = ()


def form_of(user: User) -> UserForm:
    return UserForm(user.username, user.display_name, user.staff_number or "", user.role, tuple(user.queues))
