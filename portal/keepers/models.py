"""The people to reach at an institution. Name and phone are sealed, under a data key of each contact."""

import uuid
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class InstitutionContact(Base):
    """联系人. Name and phone are its `sealed_values`; without them the row is deleted by the next round."""

    __tablename__ = "institution_contacts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    institution_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("institutions.id"), index=True)
    role: Mapped[str] = mapped_column(String(40), default="")
    may_be_called: Mapped[bool] = mapped_column(default=True)
    preferred_time: Mapped[str] = mapped_column(String(40), default="")
    verified_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
