"""Tombstones."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class Tombstone(Base):
    """What was destroyed, and when: `what` of the report `owner_id`, everything older than `destroyed_at`.

    It names data keys, never their content. A file outside the database holds a copy, so that a restored backup does
    not bring back what was destroyed after it.
    """

    __tablename__ = "tombstones"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[uuid.UUID] = mapped_column(index=True)
    what: Mapped[str] = mapped_column(String(20))
    data_key_ids: Mapped[list[str]] = mapped_column(JSON)
    destroyed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
