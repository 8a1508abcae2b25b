"""The signed-in person, as pages and services see them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portal.accounts.models import User
from portal.accounts.roles import GRANTS, SCOPES, Permission, Role
from portal.audit.actor import Actor


@dataclass(frozen=True)
class Principal:
    """Who is signed in and what they may do. Read once per request."""

    user_id: uuid.UUID
    username: str
    display_name: str
    role: Role
    queues: tuple[str, ...]
    session_id: str = ""
    has_second_factor: bool = False
    password_changed_at: datetime | None = None
    # False for a browser that was quiet for too long: a reveal asks for the password or code first. Tokens are exempt.
    is_confirmed: bool = True
    # What a token was narrowed to; None for a browser or a whole token.
    scopes: frozenset[Permission] | None = None

    def can(self, permission: str) -> bool:
        """Whether the role grants it, and the token's scopes do not take it away; see `roles.GRANTS`."""
        wanted = Permission(permission)
        return wanted in GRANTS[self.role] and (self.scopes is None or wanted in self.scopes)

    def actor(self, address: str, request_id: str) -> Actor:
        """This person as the trail records them."""
        return Actor(
            name=self.username,
            role=self.role.value,
            user_id=self.user_id,
            display_name=self.display_name,
            queues=self.queues,
            address=address,
            session_id=self.session_id,
            request_id=request_id,
        )


def principal_of(user: User, session_id: str = "", scopes: Iterable[str] | None = None) -> Principal:
    """The principal for a user's row; `scopes` are names of `roles.SCOPES`, None for everything the role may."""
    return Principal(
        user.id,
        user.username,
        user.display_name,
        user.role_enum,
        tuple(user.queues),
        session_id,
        has_second_factor=user.second_factor_at is not None,
        password_changed_at=user.password_changed_at or user.created_at,
        scopes=None if scopes is None else frozenset().union(*(SCOPES.get(name, frozenset()) for name in scopes)),
    )
