"""The directory: institutions with all their names, the systems they used before, and staged imports."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id


class Level(StrEnum):
    """The administrative level of an institution (REQUIREMENTS A2)."""

    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"


LEVEL_LABELS: dict[Level, str] = {Level.COUNTY: "县级", Level.TOWN: "乡镇级", Level.VILLAGE: "村级"}


class DirectoryEntry(Base):
    """One institution. `name` is the full name as typed; `search_text` and `pinyin` are computed when it is saved.

    A merged one stays and points to the kept one, which has its names.
    """

    __tablename__ = "institutions"
    __table_args__ = (Index("ix_institutions_county_pinyin", "county", "pinyin"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    county: Mapped[str] = mapped_column(String(40))
    town: Mapped[str] = mapped_column(String(40))
    village: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(100))
    level: Mapped[str] = mapped_column(String(10))
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)
    pinyin: Mapped[str] = mapped_column(String(700))
    initials: Mapped[str] = mapped_column(String(200))
    search_text: Mapped[str] = mapped_column(Text)
    # 维护人: as it was written or imported, and the person that this word was matched with (REQUIREMENTS L1, L2a).
    keeper: Mapped[str] = mapped_column(String(60), default="")
    keeper_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    is_key: Mapped[bool] = mapped_column(default=False, server_default=false())  # 重点
    verified_on: Mapped[date | None] = mapped_column(Date)
    is_active: Mapped[bool] = mapped_column(default=True)
    merged_into: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("institutions.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    @property
    def level_label(self) -> str:
        """县级, 乡镇级 or 村级."""
        return LEVEL_LABELS[Level(self.level)]


class InstitutionName(Base):
    """A name or alias, normalised (`names.name_key`), of exactly one institution."""

    __tablename__ = "institution_names"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    institution_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("institutions.id"), index=True)


class ListedName(Base):
    """A name of a list that leads keep; forms offer the active ones in this order."""

    __abstract__ = True

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class PreviousSystem(ListedName):
    """之前使用系统 (REQUIREMENTS A6)."""

    __tablename__ = "previous_systems"
    __table_args__ = (UniqueConstraint("name"),)


class Module(ListedName):
    """涉及模块 of one queue (REQUIREMENTS F3)."""

    __tablename__ = "modules"
    __table_args__ = (UniqueConstraint("queue", "name"),)

    queue: Mapped[str] = mapped_column(String(20))


class DirectoryImport(Base):
    """A parsed table, previewed and waiting for its author to confirm it."""

    __tablename__ = "directory_imports"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    file_name: Mapped[str] = mapped_column(String(120))
    made_by: Mapped[str] = mapped_column(String(80))
    rows: Mapped[list[Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
