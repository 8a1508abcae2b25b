"""The signed-in person, as pages and services see them."""

import uuid
from dataclasses import dataclass

from portal.accounts.models import User
from portal.accounts.roles import GRANTS, Permission, Role
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

    def can(self, permission: str) -> bool:
        """Whether the role grants it; see `roles.GRANTS`."""
        return Permission(permission) in GRANTS[self.role]

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


def principal_of(user: User, session_id: str = "") -> Principal:
    """The principal for a user's row."""
    return Principal(user.id, user.username, user.display_name, user.role_enum, tuple(user.queues), session_id)
