"""Surveys, the ratings that answer them, and the analysis of low ones."""

import uuid
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id
from portal.institutions.models import ListedName


class Survey(Base):
    """The question that a round's result puts to its clinic. Only the token's hash is stored.

    `resolver_id` gave that result, whoever gives those of later rounds.
    """

    __tablename__ = "surveys"
    __table_args__ = (UniqueConstraint("ticket_id", "round"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    round: Mapped[int]
    resolver_id: Mapped[uuid.UUID | None]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Rating(Base):
    """A round's rating; insert-only. `comment` has its secrets masked: redacted and emptied with the report.

    `rated_by_id` wrote it down for the caller; None: the clinic itself. `resolver_id` gave the round's result, as it
    was at that moment (REQUIREMENTS T25).
    """

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("ticket_id", "round"),
        Index("ix_ratings_resolver_id_rated_at", "resolver_id", "rated_at"),
        Index("ix_ratings_rated_at", "rated_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    round: Mapped[int]
    scale: Mapped[str] = mapped_column(String(4))  # a `Scale`
    label: Mapped[str] = mapped_column(String(12))
    score: Mapped[int]
    reason: Mapped[str] = mapped_column(String(20), default="")  # a `Reason`, or ""
    comment: Mapped[str] = mapped_column(Text, default="")
    way: Mapped[str] = mapped_column(String(8))  # a `Way`
    rated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rated_by_id: Mapped[uuid.UUID | None]
    resolver_id: Mapped[uuid.UUID | None]
    call_back_id: Mapped[uuid.UUID | None] = mapped_column(index=True)


class Dissatisfaction(Base):
    """A row of 《客户不满意问题分析表》: a draft until cause, stage, measure, person and date are filled in.

    Attributes:
        on_day: of the rating, in China. rating_id: None for a word that was said in a call-back.
        digest: what the clinic said, in the words of the lead who analyses it.
        person_id: carries the measure out. done_on: until when. carried_out_at: when a lead ticked it off.
    """

    __tablename__ = "dissatisfactions"
    __table_args__ = (
        UniqueConstraint("ticket_id", "round"),
        Index("ix_dissatisfactions_status_on_day", "status", "on_day", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    on_day: Mapped[date] = mapped_column(Date)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"))
    round: Mapped[int]
    rating_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ratings.id"))
    reason: Mapped[str] = mapped_column(String(20), default="")  # a `Reason`
    digest: Mapped[str] = mapped_column(Text, default="")
    stage_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("improvement_stages.id"))
    measure: Mapped[str] = mapped_column(Text, default="")
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    done_on: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(10))  # an `AnalysisState`
    carried_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(60), default="")
    version: Mapped[int] = mapped_column(default=1)


class ImprovementStage(ListedName):
    """责任环节: where in the work it went wrong."""

    __tablename__ = "improvement_stages"

    name: Mapped[str] = mapped_column(String(20), unique=True)
    version: Mapped[int] = mapped_column(default=1)
