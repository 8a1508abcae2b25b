"""The signed-in user, as pages and services see it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portal.accounts.models import User
from portal.accounts.roles import SCOPES, Permission, Role, granted_to
from portal.audit.actor import Actor


@dataclass(frozen=True)
class Principal:
    """Who is signed in and with which permissions. Read once per request."""

    user_id: uuid.UUID
    username: str
    display_name: str
    role: Role
    queues: tuple[str, ...]
    session_id: str = ""
    has_second_factor: bool = False
    password_changed_at: datetime | None = None
    department_id: uuid.UUID | None = None  # of a partner
    must_change_password: bool = False  # an administrator chose it
    duties: tuple[str, ...] = ()
    # False after inactivity: a reveal requires the password or code first. Tokens are exempt.
    is_confirmed: bool = True
    # The permissions a token is limited to; None for a browser or an unlimited token.
    scopes: frozenset[Permission] | None = None

    def can(self, permission: str) -> bool:
        """Whether role or duties grant the permission (`roles.granted_to`) and the token's scopes include it."""
        wanted = Permission(permission)
        return wanted in granted_to(self.role, self.duties) and (self.scopes is None or wanted in self.scopes)

    def actor(self, address: str, request_id: str) -> Actor:
        return Actor(
            name=self.username,
            role=self.role.value,
            user_id=self.user_id,
            display_name=self.display_name,
            queues=self.queues,
            department_id=self.department_id,
            address=address,
            session_id=self.session_id,
            request_id=request_id,
        )


def principal_of(user: User, session_id: str = "", scopes: Iterable[str] | None = None) -> Principal:
    """`scopes` are names of `roles.SCOPES`; None for all permissions of the role."""
    return Principal(
        user.id,
        user.username,
        user.display_name,
        user.role_enum,
        tuple(user.queues),
        session_id,
        has_second_factor=user.second_factor_at is not None,
        department_id=user.department_id,
        duties=tuple(user.duties),
        password_changed_at=user.password_changed_at or user.created_at,
        must_change_password=user.must_change_password,
        scopes=None if scopes is None else frozenset().union(*(SCOPES.get(name, frozenset()) for name in scopes)),
    )
