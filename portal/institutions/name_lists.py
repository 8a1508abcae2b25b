"""A list of names that leads keep and forms offer in its order: former systems, modules.

Every change has its row in the trail. Reports keep the word that was typed, whatever becomes of the list.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particular, Particulars
from portal.db import insert_rows, new_id
from portal.errors import Fault, InvalidError, NotFoundError, StaleRowError
from portal.institutions.directory import tidy
from portal.institutions.models import ListedName
from portal.institutions.names import plain
from portal.sensitive_text.finder import find_spans

Row = TypeVar("Row", bound=ListedName)


@dataclass(frozen=True)
class NameList(Generic[Row]):
    """One list; of a model that holds several, the rows with these `columns`.

    Attributes:
        word: what a name is called in sentences. said_as: the particular of the trail that holds it.
        fixed: a name that a rule of the form depends on. fixed_reason: why it stays.
    """

    model: type[Row]
    word: str
    said_as: str
    added: Tag
    changed: Tag
    columns: tuple[tuple[str, str], ...] = ()
    fixed: str = ""
    fixed_reason: str = ""
    longest: int = 100
    most: int = 200

    def offered(self, session: Session) -> list[str]:
        """The names in use, in order."""
        query = self._in_order().where(self.model.is_active).with_only_columns(self.model.name)
        return list(session.scalars(query))

    def every(self, session: Session) -> Sequence[Row]:
        """The whole list in order, including inactive ones."""
        return session.scalars(self._in_order()).all()

    def add(self, session: Session, actor: Actor, name: str) -> Row:
        """Append a name.

        Raises:
            InvalidError: blank, too long, contains a secret, or already in the list.
        """
        tidied = self._checked(session, name, None)
        last = session.scalar(self._of_list(select(func.max(self.model.position)))) or 0
        values: dict[str, Any] = {"id": new_id(), "name": tidied, "position": last + 1, "is_active": True}
        row = self.model(**values, **dict(self.columns))
        insert_rows(session, row)
        self._record(session, self.added, actor, tidied)
        return row

    def rename(self, session: Session, actor: Actor, row_id: uuid.UUID, name: str, version: int) -> Row:
        """Existing reports keep the old name.

        Raises:
            StaleRowError: renamed by somebody else since `version`.
            InvalidError: as for `add`, or it is the fixed name.
        """
        row = self._find(session, row_id)
        if row.version != version:
            raise StaleRowError
        tidied = self._checked(session, name, row.id)
        if row.name == self.fixed and tidied != self.fixed:
            raise InvalidError([Fault("name", "invalid", f"“{self.fixed}”不能改名")])
        if tidied != row.name:
            self._record(session, self.changed, actor, row.name, new_name=tidied)
            row.name, row.version = tidied, row.version + 1
        return row

    def move_up(self, session: Session, actor: Actor, row_id: uuid.UUID) -> Row:
        """Swap with the one above; does nothing for the first."""
        rows = list(session.scalars(self._in_order().with_for_update()))
        row = next((row for row in rows if row.id == row_id), None)
        if row is None:
            raise NotFoundError
        at = rows.index(row)
        if at > 0:
            rows[at - 1], rows[at] = rows[at], rows[at - 1]
            for position, each in enumerate(rows, 1):
                each.position = position
            self._record(session, self.changed, actor, row.name, position=at)
        return row

    def set_active(self, session: Session, actor: Actor, row_id: uuid.UUID, is_active: bool) -> Row:
        """Whether forms offer the name."""
        row = self._find(session, row_id)
        if row.name == self.fixed and not is_active:
            raise InvalidError([Fault("name", "invalid", f"“{self.fixed}”必须保留，{self.fixed_reason}")])
        if row.is_active != is_active:
            row.is_active = is_active
            self._record(session, self.changed, actor, row.name, is_offered=is_active)
        return row

    def _of_list(self, query: Select[Any]) -> Select[Any]:
        return query.where(*(getattr(self.model, column) == value for column, value in self.columns))

    def _in_order(self) -> Select[Row]:
        query: Select[Row] = self._of_list(select(self.model))
        return query.order_by(self.model.position, self.model.id)

    def _find(self, session: Session, row_id: uuid.UUID) -> Row:
        row = session.get(self.model, row_id, with_for_update=True)
        if row is None or any(getattr(row, column) != value for column, value in self.columns):
            raise NotFoundError
        return row

    def _checked(self, session: Session, name: str, own_id: uuid.UUID | None) -> str:
        tidied = tidy(name)
        if not plain(tidied):
            raise InvalidError([Fault("name", "required", f"请填写{self.word}")])
        if len(tidied) > self.longest:
            raise InvalidError([Fault("name", "too_long", f"{self.word}最多 {self.longest} 个字，请缩短")])
        if find_spans(tidied):  # every clinic reads these lists, and they are not sealed
            message = f"这里像是有身份证号、电话、账号或密码，请只写{self.word}"
            raise InvalidError([Fault("name", "sensitive_text", message)])
        rows = self.every(session)
        if len(rows) >= self.most and own_id is None:
            raise InvalidError([Fault("name", "invalid", f"名单最多 {self.most} 个，请先停用或改名")])
        if any(plain(row.name) == plain(tidied) and row.id != own_id for row in rows):
            raise InvalidError([Fault("name", "invalid", f"名单里已有“{tidied}”")])
        return tidied

    def _record(self, session: Session, tag: Tag, actor: Actor, name: str, **more: Particular) -> None:
        particulars: Particulars = {self.said_as: name, **dict(self.columns), **more}
        trail.record(session, tag, actor, particulars=particulars)
