"""Stored screenshots: the result of their inspection, where the ciphertext is, and their redactions."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id
from portal.screenshots import wording
from portal.screenshots.screens import same_screen, scaled

PREVIEW_SIDE = 160  # pixels of the longer side (UX 6.2)


class Screenshot(Base):
    """附图. `owner_id` is the report's id, which the draft already has.

    `number` is its name, 附图 2: given once, when the report is filed or the picture supplied, and never changed.
    `is_new`: supplied later, and not yet opened by the assignee. `own_width`, `own_height`: the reporter's screen.
    `fingerprint`: equal for equal pixels within one report (`twins`).
    """

    __tablename__ = "screenshots"
    __table_args__ = (
        Index("ix_screenshots_owner_id_slot_position", "owner_id", "slot", "position"),
        Index("uq_screenshots_owner_id_number", "owner_id", "number", unique=True),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[uuid.UUID]
    slot: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    byte_size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(20))
    verdict: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(30))
    message: Mapped[str] = mapped_column(String(300))
    is_confirmed: Mapped[bool] = mapped_column(default=False)
    is_photo: Mapped[bool] = mapped_column(default=False)
    blob_key: Mapped[str] = mapped_column(String(32), unique=True)
    data_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_keys.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    number: Mapped[int | None]
    is_new: Mapped[bool] = mapped_column(default=False, server_default=false())
    own_width: Mapped[int | None]
    own_height: Mapped[int | None]
    fingerprint: Mapped[str | None] = mapped_column(String(32))

    @property
    def name(self) -> str:
        """附图 2, on every page and in every answer."""
        return f"附图 {self.number}"

    @property
    def own_screen(self) -> tuple[int, int] | None:
        """The reporter's screen in pixels, if their browser said."""
        return (self.own_width, self.own_height) if self.own_width and self.own_height else None

    @property
    def is_of_other_screen(self) -> bool:
        """非本机截图: a whole screen, but not the reporter's."""
        own, size = self.own_screen, (self.width, self.height)
        return self.verdict == "accept" and own is not None and not same_screen(size, own)

    @property
    def question(self) -> str:
        """What the reporter was asked about it and has confirmed."""
        return wording.ASKED.get(self.reason, "") if self.verdict == "ask" and self.is_confirmed else ""

    @property
    def preview_size(self) -> tuple[int, int]:
        """Of the unreadable preview, in pixels."""
        return scaled((self.width, self.height), PREVIEW_SIDE)

    @property
    def check(self) -> str:
        """What engineers see: `accept:whole` or `warn:photo` (SCREENSHOTS, every warn is stored)."""
        return f"{'warn' if self.verdict == 'ask' else self.verdict}:{self.reason}"


class PictureRedaction(Base):
    """涂黑: a rectangle, in pixels of the screenshot, that is visible to the ticket's assignee only.

    Deleted together with the screenshot.
    """

    __tablename__ = "picture_covers"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    screenshot_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("screenshots.id", ondelete="CASCADE"), index=True)
    x: Mapped[int]
    y: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    made_by: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width, height in pixels."""
        return self.x, self.y, self.width, self.height
