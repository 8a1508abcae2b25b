"""The cast of every test: who works here, and with which invented password."""

from sqlalchemy import select

from portal.accounts import users
from portal.accounts.models import User
from portal.accounts.principal import principal_of
from portal.audit.actor import SYSTEM, Actor
from portal.tickets.tools import Tools

# name -> (role, queues, shown name)
CAST = {
    "alice": ("engineer", ("general",), "张工"),
    "bob": ("engineer", ("general",), "李工"),
    "hanna": ("engineer", ("his",), "王工"),
    "agnes": ("agent", (), "赵坐席"),
    "leo": ("lead", (), "孙主管"),
    "ada": ("admin", (), "周管理员"),
}


def password_of(name: str) -> str:
    """An invented password."""
    return f"invented-{name}-phrase"


def add_cast(tools: Tools) -> None:
    """Add everybody."""
    with tools.database.transaction() as session:
        for name, (role, queues, shown) in CAST.items():
            users.add_user(
                session, SYSTEM, username=name, password=password_of(name), role=role, queues=queues, display_name=shown
            )


def actor(tools: Tools, name: str) -> Actor:
    """One of the cast as services see them."""
    with tools.database.read() as session:
        user = session.scalars(select(User).where(User.username == name)).one()
    return principal_of(user).actor("127.0.0.1", "test")
