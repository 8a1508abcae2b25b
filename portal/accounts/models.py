"""Users, their sessions and tokens, and the counters behind lock-outs and rate limits."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.accounts.roles import Role
from portal.db import Base, UtcDateTime, new_id


class User(Base):
    """A member of staff. `name_key` folds every way to write the name into one."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(20))
    queues: Mapped[list[str]] = mapped_column(JSON)
    password_hash: Mapped[str] = mapped_column(String(200))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    @property
    def role_enum(self) -> Role:
        """The role as an enumeration."""
        return Role(self.role)


class StaffSession(Base):
    """A signed-in browser; only the hash of its cookie is kept (SECURITY E-1)."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiToken(Base):
    """A bearer token for scripts, hashed; it has its user's rights and ends with them."""

    __tablename__ = "api_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AttemptCounter(Base):
    """Tries within a window, shared by all replicas: failed sign-ins, wrong query codes, reports per address."""

    __tablename__ = "attempt_counters"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    count: Mapped[int]
    window_ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class SetupCode(Base):
    """The one-time code with which the first administrator signs up; it ends by itself (SECURITY E-8)."""

    __tablename__ = "setup_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
