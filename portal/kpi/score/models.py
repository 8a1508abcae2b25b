"""Facts of ended rounds, versions of the score's rules, and the monthly sheets with the cases behind each figure."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, Double, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class WorkFact(Base):
    """How one round of a ticket ended; written once, in the transaction that ended it (REQUIREMENTS T25).

    A trigger refuses changes. The row of a merged round is deleted if the merge is undone: that round goes on.

    Attributes:
        first_claimer_id: who claimed it first in this round; else who acted first in it.
        touch_seconds, touch_working_seconds: until the first act of a person; None if nobody acted.
        reply_working_seconds: from that act until the first word to the clinic.
        resolver_id: who gave the round's result; None without one.
        ended_on: the day in China. ended_how: an `EndedHow`. is_confirmed: a `Word`, the clinic's own.
    """

    __tablename__ = "work_facts"
    __table_args__ = (
        UniqueConstraint("ticket_id", "round", name="uq_work_facts_ticket_id_round"),
        Index("ix_work_facts_ended_on", "ended_on", "queue"),
        Index("ix_work_facts_resolver_id", "resolver_id", "ended_on"),
        Index("ix_work_facts_first_claimer_id", "first_claimer_id", "ended_on"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    round: Mapped[int]
    queue: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(10))
    request_type: Mapped[str] = mapped_column(String(20))
    urgency: Mapped[int]
    symptom: Mapped[str] = mapped_column(String(20))
    first_claimer_id: Mapped[uuid.UUID | None]
    touch_seconds: Mapped[float | None] = mapped_column(Double)
    touch_working_seconds: Mapped[float | None] = mapped_column(Double)
    reply_working_seconds: Mapped[float | None] = mapped_column(Double)
    resolver_id: Mapped[uuid.UUID | None]
    ended_on: Mapped[date] = mapped_column(Date)
    ended_how: Mapped[str] = mapped_column(String(24))
    is_confirmed: Mapped[str] = mapped_column(String(4))
    incident_id: Mapped[uuid.UUID | None]


class ScorePolicy(Base):
    """A version of the rules; insert-only. A month counts with the version that is valid on its first day, for good.

    `metrics`, `grades` and `terms` as `policy.Rules.as_json` writes them. `made_by_id`: None for the portal's own.
    """

    __tablename__ = "score_policies"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    valid_from: Mapped[date] = mapped_column(Date)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON)
    grades: Mapped[list[Any]] = mapped_column(JSON)
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by_id: Mapped[uuid.UUID | None]
    made_by_name: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text)


class MonthlyScore(Base):
    """One person's sheet of a month; a draft until a lead publishes it.

    Attributes:
        month: `2026-11`. queues: in which the person counted as an engineer that month.
        inputs: the figures as they were computed: by metric value, n, median, points and what stands beside them.
        points, out_of: None where there is no score, as somebody was hardly there.
        objection_ends_at: until when the person may object.
        edition: rises with every correction; what the sheet said before is a `ScoreCorrection`.
    """

    __tablename__ = "monthly_scores"
    __table_args__ = (
        UniqueConstraint("month", "user_id", name="uq_monthly_scores_month_user_id"),
        Index("ix_monthly_scores_user_id", "user_id", "month"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    month: Mapped[str] = mapped_column(String(7))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    queues: Mapped[list[str]] = mapped_column(JSON)
    policy_version: Mapped[int] = mapped_column(ForeignKey("score_policies.version"))
    inputs: Mapped[dict[str, Any]] = mapped_column(JSON)
    points: Mapped[float | None] = mapped_column(Double)
    out_of: Mapped[float | None] = mapped_column(Double)
    grade: Mapped[str] = mapped_column(String(12))
    remark: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(10))  # a `SheetState`
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    objection_ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    objection: Mapped[str] = mapped_column(Text, default="")
    objected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by_id: Mapped[uuid.UUID | None]
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by_id: Mapped[uuid.UUID | None]
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    edition: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class ScoreCorrection(Base):
    """What a sheet said before a lead corrected it, with its cases, and why and how it was corrected; insert-only.

    Attributes:
        edition: the one that was corrected. status to published_at: as they stood then.
        cases: as `ScoreCase`, each as a list of its columns.
        left_out, added: which cases of which figure the correction takes out or counts: metric, number, round or null.
        reason: of the correction, and the answer to the objection if there was one.
    """

    __tablename__ = "score_corrections"
    __table_args__ = (UniqueConstraint("score_id", "edition", name="uq_score_corrections_score_id_edition"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    score_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("monthly_scores.id", ondelete="CASCADE"))
    edition: Mapped[int]
    inputs: Mapped[dict[str, Any]] = mapped_column(JSON)
    points: Mapped[float | None] = mapped_column(Double)
    out_of: Mapped[float | None] = mapped_column(Double)
    grade: Mapped[str] = mapped_column(String(12))
    remark: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    objection: Mapped[str] = mapped_column(Text)
    objected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cases: Mapped[list[Any]] = mapped_column(JSON)
    left_out: Mapped[list[Any]] = mapped_column(JSON)
    added: Mapped[list[Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ScoreRun(Base):
    """A month whose drafts are made."""

    __tablename__ = "score_runs"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ScoreCase(Base):
    """One case behind a figure, as it was when the sheet was made: a round of a ticket, or an article.

    Attributes:
        number: of the ticket or article. ticket_id, round: None for an article.
        outcome: a word of `cases`. value: seconds or score. is_counted: whether it is in the figure or beside it.
    """

    __tablename__ = "score_cases"

    score_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("monthly_scores.id", ondelete="CASCADE"), primary_key=True)
    metric: Mapped[str] = mapped_column(String(14), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(String(24))
    ticket_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tickets.id"))
    round: Mapped[int | None]
    outcome: Mapped[str] = mapped_column(String(24))
    value: Mapped[float | None] = mapped_column(Double)
    is_counted: Mapped[bool]
