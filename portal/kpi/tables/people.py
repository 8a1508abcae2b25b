"""People as the tables name them: by 工号, never by name (DESK 6.2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.kpi.tables.cells import EMPTY
from portal.kpi.tables.paging import Key, bare, columns

UNNUMBERED = "未设工号"


@dataclass(frozen=True)
class People:
    """The 工号 of everybody, read once for a table."""

    numbers: Mapping[Key, str | None]

    @classmethod
    def read(cls, session: Session) -> "People":
        return cls({user_id: number for user_id, number in session.execute(columns(bare(User.id), User.staff_number))})

    def number(self, user_id: Key | None) -> str:
        """`1047`, 未设工号 without one, `-` for nobody."""
        return self.numbers.get(user_id) or UNNUMBERED if user_id is not None else EMPTY

    def starred(self, user_id: Key | None) -> str:
        """`*工号1047`, as the source's 客户来电记录表 prints it."""
        number = self.numbers.get(user_id) if user_id is not None else None
        return f"*工号{number}" if number else self.number(user_id)
