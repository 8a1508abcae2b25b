"""The cast of every test: who works here, and with which invented password."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from portal.accounts import departments, users
from portal.accounts.models import User
from portal.accounts.principal import principal_of
from portal.audit.actor import SYSTEM, Actor
from portal.runtime import Runtime

# name -> (role, queues, shown name)
CAST: dict[str, tuple[str, tuple[str, ...], str]] = {
    "alice": ("engineer", ("general",), "张工"),
    "bob": ("engineer", ("general",), "李工"),
    "hanna": ("engineer", ("his",), "王工"),
    "agnes": ("agent", (), "赵坐席"),
    "leo": ("lead", (), "孙主管"),
    "ada": ("admin", (), "周管理员"),
}
# Three separate administrators (等保三级). Not in every test: `add_administrators` adds them.
ADMINISTRATORS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "sybil": ("system_admin", (), "系统管理员"),
    "sera": ("security_admin", (), "安全管理员"),
    "audrey": ("audit_admin", (), "审计管理员"),
}

# People of a department. Not in every test: `add_partners` adds them with their department.
DEPARTMENT = "信息科"
PARTNERS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "petra": ("partner", (), "信息科小周"),
}


def password_of(name: str) -> str:
    """An invented password."""
    return f"invented-{name}-phrase"


def add_cast(runtime: Runtime) -> None:
    """Add everybody."""
    _add(runtime, CAST)


def add_administrators(runtime: Runtime) -> None:
    """Add the three who take the place of `ada` where duties are kept apart."""
    _add(runtime, ADMINISTRATORS)


def add_partners(runtime: Runtime, department: str = DEPARTMENT) -> None:
    """Add a department, unless it is there, and its people."""
    with runtime.database.read() as session:
        is_there = departments.named(session, department) is not None
    if not is_there:
        add_department(runtime, department)
    _add(runtime, PARTNERS, department)


def add_department(runtime: Runtime, name: str) -> UUID:
    """Add a department without accounts; its id."""
    with runtime.database.transaction() as session:
        return departments.add(session, SYSTEM, name).id


def _add(runtime: Runtime, people: Mapping[str, tuple[str, tuple[str, ...], str]], department: str = "") -> None:
    with runtime.database.transaction() as session:
        for name, (role, queues, shown) in people.items():
            users.add_user(
                session, SYSTEM, username=name, password=password_of(name), role=role, queues=queues,
                display_name=shown, department=department,
            )  # fmt: skip


def actor(runtime: Runtime, name: str) -> Actor:
    """One of the cast as services see them."""
    with runtime.database.read() as session:
        user = session.scalars(select(User).where(User.username == name)).one()
    return principal_of(user).actor("127.0.0.1", "test")
