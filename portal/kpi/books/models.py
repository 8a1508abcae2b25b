"""Reports of weeks and months, as they were frozen."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id

NOTE_LENGTH = 2000
REASON_LENGTH = 200


class PeriodReport(Base):
    """《客服周度分析报告》 or the report of a month. Figures never change; a correction is a further edition.

    Attributes:
        period: `2026-W48` or `2026-11`; grain: a `Grain`. queue: "" for all of them together.
        figures: as `Figures.as_json`, with those of the period before and the course of the last ones.
        reason: why there is a further edition. made_by_id: None for the worker and the command line.
        note: what leads wrote to it; `version` counts its changes.
    """

    __tablename__ = "period_reports"
    __table_args__ = (UniqueConstraint("period", "queue", "edition"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    grain: Mapped[str] = mapped_column(String(8))
    period: Mapped[str] = mapped_column(String(10))
    queue: Mapped[str] = mapped_column(String(20), default="")
    edition: Mapped[int] = mapped_column(default=1)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by_id: Mapped[uuid.UUID | None]
    made_by: Mapped[str] = mapped_column(String(60))
    note: Mapped[str] = mapped_column(Text, default="")
    noted_by: Mapped[str] = mapped_column(String(60), default="")
    noted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
