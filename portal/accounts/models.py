"""Users, their sessions and tokens, and the counters behind lock-outs and rate limits."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.accounts.roles import Role
from portal.db import Base, UtcDateTime, new_id


class Department(Base):
    """A department that support asks for help; its people, if it has accounts, have the role `partner`."""

    __tablename__ = "departments"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(60), unique=True)
    mail_address: Mapped[str | None] = mapped_column(String(254))  # its common one, for notifications
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class User(Base):
    """A member of staff. `name_key` maps every spelling of the username to one."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[str] = mapped_column(String(60))
    staff_number: Mapped[str | None] = mapped_column(String(20), unique=True, index=True)  # 工号
    mail_address: Mapped[str | None] = mapped_column(String(254))  # for notifications, entered by an administrator
    role: Mapped[str] = mapped_column(String(20))
    duties: Mapped[list[str]] = mapped_column(JSON, default=list, server_default=text("'[]'"))
    # 熟悉的问题: kinds, systems and counties, by these names; and the time in which the person takes nothing new.
    skills: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict, server_default=text("'{}'"))
    away_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    away_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queues: Mapped[list[str]] = mapped_column(JSON)
    # Of a partner, who has no queues.
    department_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=clock.now)
    # The administrator who added this person, and when one last chose their password (SECURITY D-6).
    added_by_id: Mapped[uuid.UUID | None]
    password_given_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # What an administrator chose is changed at the first sign-in, before anything else.
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=false())
    # When the second factor was activated; its secret is sealed in `sealed_values`.
    second_factor_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The latest time step whose code was accepted: a code works once across all replicas (SECURITY E-6).
    second_factor_step: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def role_enum(self) -> Role:
        return Role(self.role)


class StaffSession(Base):
    """A signed-in browser; only the hash of its cookie is kept (SECURITY E-1)."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When the user was last known to be present. Once older than the quiet time, it changes only when
    # the password or code is entered again (SECURITY D-4).
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45), default="", server_default=text("''"))
    device: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))


class PendingSignIn(Base):
    """A browser that has passed the first step and still needs a code: short-lived, and not a session."""

    __tablename__ = "pending_sign_ins"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Whether the first step was an external account instead of the password.
    is_external: Mapped[bool] = mapped_column(default=False, server_default=false())


class ExternalIdentity(Base):
    """An account of the OpenID provider that an administrator has linked to a member of staff."""

    __tablename__ = "external_identities"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="uq_external_identities_issuer"),
        UniqueConstraint("user_id", "issuer", name="uq_external_identities_user_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ExternalTrip(Base):
    """A browser in an authorization flow with the OpenID provider; only the hash of its single-use cookie is kept."""

    __tablename__ = "external_trips"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    target: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class RecoveryCode(Base):
    """One of ten codes for a lost phone: a keyed hash, deleted on use."""

    __tablename__ = "recovery_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)


class FormerPassword(Base):
    """The hash of a password that must not be reused (policy dengbao3 only)."""

    __tablename__ = "former_passwords"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiToken(Base):
    """A bearer token for scripts, hashed. Has its user's permissions or fewer (`scopes`), and ends with the user."""

    __tablename__ = "api_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    scopes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AttemptCounter(Base):
    """Attempts within a window, shared by all replicas: failed sign-ins, wrong query codes, reports per address."""

    __tablename__ = "attempt_counters"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    count: Mapped[int]
    window_ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class SetupCode(Base):
    """The one-time code for creating the first administrator; it expires (SECURITY E-8)."""

    __tablename__ = "setup_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
