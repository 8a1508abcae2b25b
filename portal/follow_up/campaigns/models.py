"""Campaigns: whom they reach, what is asked, by whom and until when."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id

TITLE_LENGTH = 80
QUESTION_LENGTH = 120


class Campaign(Base):
    """One campaign. Each chosen institution has a call-back of it.

    Attributes:
        selection: the filters over the directory. seed: by which the institutions were drawn; size: how many were
            wanted. matching: how many institutions fitted. callers: ids of the people among whom they were spread.
    """

    __tablename__ = "campaigns"
    __table_args__ = (Index("ix_campaigns_made_at", "made_at", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    selection: Mapped[dict[str, Any]] = mapped_column(JSON)
    seed: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    matching: Mapped[int]
    questions: Mapped[list[str]] = mapped_column(JSON)
    callers: Mapped[list[str]] = mapped_column(JSON)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    made_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    made_by_name: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(10))  # a `CampaignState`
    version: Mapped[int] = mapped_column(default=1)
