"""What every tag's event needs: a portal, its people, and the rows that one event left."""

import contextlib
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import cached_property
from typing import Any

import pytest
from sqlalchemy import select

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.casefile.former_details import particulars_of
from portal.cli.main import main
from portal.db import Database
from portal.screenshots.models import Screenshot
from tests.api.calls import act, claimed, filed
from tests.factories.browsers import PlainBrowser
from tests.factories.moments import move_clock
from tests.factories.people import id_number
from tests.factories.portals import Portal, csrf_of
from tests.factories.ticket_pages import ticket_of

TYPED_SECRET = "Invented#Typed99"
TYPED_NUMBER = id_number(66)
Told = dict[str, Any]


class Where(Enum):
    """From where an event came, and so what its row knows of its request."""

    STAFF = "a signed-in browser or a token"
    KNOWN = "somebody of the staff without a session"
    NOBODY = "a browser without an account"
    COMMAND = "a command or the portal itself"


class Scene:
    """A portal, and what happened in it outside `before`."""

    def __init__(self, portal: Portal) -> None:
        self.portal, self.runtime, self.settings = portal, portal.runtime, portal.settings
        self.known: dict[str, PlainBrowser] = {}
        self.version = 0
        self.offset = timedelta(0)
        self.subject = self.renamed = ""  # the ticket's number, and the one that the event gives it
        self.database: Database = portal.runtime.database
        self._before: set[int] = {row.seq for row in self._all()}

    @contextmanager
    def before(self) -> Iterator[None]:
        """What is done in here is not the event."""
        seen = {row.seq for row in self._all()}
        yield
        self._before |= {row.seq for row in self._all()} - seen

    def rows(self) -> list[AuditEvent]:
        return [row for row in self._all() if row.seq not in self._before]

    def last(self) -> int:
        """The number of the last row."""
        return self._all()[-1].seq

    def look_into(self, database: Database, after: int) -> None:
        """The event's rows are those after `after` in another database: that of a restored portal."""
        self.database, self._before = database, set(range(after + 1))

    @contextmanager
    def later(self, **passed: float) -> Iterator[None]:
        """As if so much time had passed."""
        self.offset = timedelta(**passed)
        with pytest.MonkeyPatch.context() as patch:
            move_clock(patch, **passed)
            yield

    def page(self, name: str) -> PlainBrowser:
        """The browser of one of the cast."""
        return self._once(f"page {name}", lambda: self.portal.signed_in(name))

    def api(self, name: str) -> PlainBrowser:
        return self._once(f"api {name}", lambda: self.portal.api(name))

    @cached_property
    def opens(self) -> dict[str, str]:
        """Number and query code of a general ticket of alice's."""
        with self.before():
            opens = filed(self.portal)
            self.version = claimed(self.api("alice"), opens["number"])
            self.subject = opens["number"]
        return opens

    @property
    def number(self) -> str:
        return self.opens["number"]

    def act(self, name: str, who: str = "alice", /, **body: object) -> None:
        """An act on the ticket, through the API."""
        number = self.number
        answer = act(self.api(who), number, name, version=self.version, **body)
        assert answer.is_success, answer.text
        self.version = ticket_of(self.portal, number).version

    def resolved(self) -> None:
        with self.before():
            self.act("resolution", text="已修复，请重试")

    def picture(self) -> str:
        """The id of the ticket's picture."""
        with self.runtime.database.read() as session:
            found = select(Screenshot.id).where(Screenshot.owner_id == ticket_of(self.portal, self.number).report_id)
            return str(session.scalars(found).one())

    def person(self, name: str) -> User:
        with self.runtime.database.read() as session:
            return session.scalars(select(User).where(User.username == name)).one()

    def post(self, who: str, page: str, path: str, expected: int = 303, **fields: Any) -> Any:
        """Open a page as one of the cast, and press a button on it."""
        browser, files = self.page(who), fields.pop("files", None)
        with self.before():
            token = csrf_of(browser.get(page).text)
        answer = browser.post(path, data={"csrf": token, **fields}, files=files)
        assert answer.status_code == expected, answer.text
        return answer

    def command(self, *arguments: str, **environ: str) -> None:
        """A command of the command line, as an administrator types it."""
        folder = str(self.settings.data_dir)
        environ = {"PORTAL_DATA_DIR": folder, "PORTAL_UPLOADS": f"{folder}/uploads", **environ}
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
            for name, value in environ.items():
                patch.setenv(name, value)
            main(list(arguments))

    def _once(self, key: str, make: Callable[[], PlainBrowser]) -> PlainBrowser:
        if key not in self.known:
            with self.before():
                self.known[key] = make()
        return self.known[key]

    def _all(self) -> list[AuditEvent]:
        with self.database.read() as session:
            return list(session.scalars(select(AuditEvent).order_by(AuditEvent.seq)))


@dataclass(frozen=True)
class Case:
    """One event: who does it, from where, and what the row has to say beside its particulars."""

    tag: Tag
    perform: Callable[[Scene], Told | list[Told] | None]
    by: str
    where: Where
    is_success: bool
    rows: tuple[Tag, ...]
    is_about_ticket: bool
    field: str | None
    reason: str | None


CASES: list[Case] = []


def event(
    tag: Tag,
    by: str,
    where: Where = Where.STAFF,
    *,
    fails: bool = False,
    rows: tuple[Tag, ...] = (),
    ticket: bool = False,
    field: str | None = None,
    reason: str | None = None,
) -> Callable[[Callable[[Scene], Told | list[Told] | None]], Callable[[Scene], Told | list[Told] | None]]:
    """The function makes the event happen through the product and gives its particulars, one per row of the tag.

    Args:
        rows: the tags of all rows that the event leaves, in their order; by default just the one.
        ticket: the row names a ticket. field, reason: what stands in those columns.
    """

    def register(perform: Callable[[Scene], Told | list[Told] | None]) -> Any:
        CASES.append(Case(tag, perform, by, where, not fails, rows or (tag,), ticket, field, reason))
        return perform

    return register


def told_by(row: AuditEvent) -> Told:
    """A row's particulars; for a phrase of before, what it stands for."""
    return row.particulars or particulars_of(row.tag, row.detail or "")


def hidden(page: str, name: str) -> str:
    """The value of a hidden field on a page."""
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, f"no {name} on the page"
    return found[1]
