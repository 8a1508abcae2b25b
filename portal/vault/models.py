"""Data keys, and every sealed value with its mask: no other table holds a secret."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class DataKey(Base):
    """One key per owner and purpose, wrapped by the keyring's key `key_id`. Deleting it destroys what it sealed.

    `listed`: the rows that it has sealed, as JSON, with a keyed hash over them in `list_proof`; None until the key of
    an older version is listed.
    """

    __tablename__ = "data_keys"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[uuid.UUID] = mapped_column(index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    suite: Mapped[str] = mapped_column(String(20))
    key_id: Mapped[str] = mapped_column(String(40), index=True)
    key_wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    listed: Mapped[str | None] = mapped_column(Text)
    list_proof: Mapped[str | None] = mapped_column(String(64))


class SealedValue(Base):
    """One secret: its ciphertext, its mask, and, unless it is a password or name, the blind index.

    `proof` is a keyed hash over owner, field, position, label and mask; None until an older version's row is bound.
    """

    __tablename__ = "sealed_values"
    __table_args__ = (Index("ix_sealed_values_owner_id_field_position", "owner_id", "field", "position"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[uuid.UUID]
    field: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(default=0)
    label: Mapped[str] = mapped_column(String(60), default="")
    value_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    value_masked: Mapped[str] = mapped_column(String(80))
    value_index: Mapped[str | None] = mapped_column(String(64), index=True)
    proof: Mapped[str | None] = mapped_column(String(64))
    data_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_keys.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    destroyed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class VaultState(Base):
    """Identifies the keyring of this database, so that another one is refused at the start.

    From `bound_at` on no data key opens that is not bound to its owner, and no mask counts without its proof.
    From `listed_at` on every data key lists what it has sealed.
    `unindexed_from`: values of earlier versions with this id or a later one may still lack their index; None when done.
    """

    __tablename__ = "vault_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fingerprint: Mapped[str] = mapped_column(String(32))
    key_id: Mapped[str] = mapped_column(String(40))
    bound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    listed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unindexed_from: Mapped[uuid.UUID | None]
