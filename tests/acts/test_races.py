"""Everybody at two tickets at once, round after round: no error of ours, nothing lost, nobody's ticket forgotten."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts import users
from portal.accounts.models import User
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.errors import ConflictError, StorageUnavailableError
from portal.kinds.table import QUEUES
from portal.retention import holds
from portal.retention.schedule import Schedule
from portal.retention.schedule import run as purge
from portal.tickets import lookup
from portal.tickets.models import QueueCount, Ticket
from portal.tickets.states import TicketState as S
from tests.api.calls import V1, act, claimed, filed
from tests.factories.browsers import PlainBrowser
from tests.factories.people import id_number
from tests.factories.portals import Portal

# A run of the suite stops after these seconds; `RACE_ROUNDS=100` runs so many rounds, however long they take.
SECONDS = 20
ROUNDS = int(os.environ.get("RACE_ROUNDS", "0"))


class Race:
    """One portal with the clients of its people; every answer is kept."""

    def __init__(self, portal: Portal) -> None:
        self.portal, self.runtime = portal, portal.runtime
        with self.runtime.database.transaction() as session:
            users.add_user(
                session, SYSTEM, username="cathy", password="invented-cathy-phrase", role="engineer",
                queues=list(QUEUES), display_name="陈工",
            )  # fmt: skip
        self.clients = {name: portal.api(name) for name in ("alice", "bob", "leo")}
        self.clinic = portal.browser()
        self.answers: list[tuple[str, int, str]] = []
        self.changes: list[tuple[str, int]] = []  # what an act that succeeded had read: number and version

    def ask(self, what: str, send: Callable[[], Any]) -> Any:
        answer = send()
        self.answers.append((what, answer.status_code, answer.text[:200]))
        return answer

    def act(self, who: str, ticket: dict[str, str], name: str, **body: Any) -> None:
        """By somebody who has just read the ticket."""
        client = self.clients[who]
        shown = client.get(f"{V1}/tickets/{ticket['number']}")
        self.answers.append(("read", shown.status_code, shown.text[:200]))
        if shown.status_code == 200:
            version = shown.json()["version"]
            answer = self.ask(name, lambda: act(client, ticket["number"], name, version=version, **body))
            if answer.status_code == 200:
                self.changes.append((ticket["number"], version))

    def reveal(self, client: PlainBrowser, ticket: dict[str, str]) -> None:
        body = {"field": "login_password", "reason": "排查登录"}
        self.ask("reveal", lambda: client.post(f"{V1}/tickets/{ticket['number']}/reveals", json=body))

    def supplement(self, ticket: dict[str, str]) -> None:
        data = {**ticket, "id_number": id_number(seed=31)}
        self.ask("supplement", lambda: self.clinic.post(f"{V1}/track/supplement", data=data, files=NO_FILE))

    def hold(self, ticket: dict[str, str]) -> None:
        for step in (lambda: holds.hold(self.runtime, SYSTEM, ticket["number"], "纪检来函"), self.release(ticket)):
            try:
                step()
            except ConflictError as error:
                assert not isinstance(error, StorageUnavailableError)

    def release(self, ticket: dict[str, str]) -> Callable[[], None]:
        return lambda: holds.release(self.runtime, SYSTEM, ticket["number"])

    def purge(self) -> None:
        purge(self.runtime, Schedule.of(self.runtime.settings), SYSTEM, is_quiet=True)

    def disable(self, name: str) -> None:
        self.switch(name, is_active=False)

    def switch(self, name: str, *, is_active: bool) -> None:
        def work(session: Session) -> None:
            user = session.scalars(select(User).where(User.username == name)).one()
            users.set_active(session, SYSTEM, user.id, is_active)

        self.runtime.database.run(work)

    def round(self, number: int) -> None:
        one, two, three = filed(self.portal), filed(self.portal), filed(self.portal)
        together(lambda: self.act("alice", one, "assignment"), lambda: self.act("bob", one, "assignment"))
        with self.runtime.database.read() as session:
            ticket = lookup.by_number(session, one["number"])
            assert ticket is not None
            holder = session.get_one(User, ticket.assignee_id).username
        other = {"alice": "bob", "bob": "alice"}[holder]
        claimed(self.clients[other], two["number"])
        claimed(self.clients[holder], three["number"])
        self.act(holder, three, "information-request", fields=["id_number"], message="请补充身份证号")
        together(
            lambda: self.act(holder, one, "merge", into=two["number"]),
            lambda: self.act(other, two, "merge", into=one["number"]),
            lambda: self.act(holder, one, "replies", text="正在处理，请稍等"),
            lambda: self.act(other, two, "replies", text="正在处理，请稍等"),
            lambda: self.act("leo", one, "transfer", queue="his", text="转给 HIS"),
            lambda: self.act("leo", two, "transfer", assignee="cathy", order=True, reason="请帮忙"),
            lambda: self.supplement(three),
            lambda: self.reveal(self.clients[holder], three),
            lambda: self.reveal(self.clients[holder], three),
            lambda: self.disable(holder),
            lambda: self.hold(one),
            self.purge,
        )
        self.switch(holder, is_active=True)
        self.clients[holder] = self.portal.api(holder)


NO_FILE = [("unknown_file", ("x.txt", b"x", "text/plain"))]


def together(*steps: Callable[[], None]) -> None:
    with ThreadPoolExecutor(len(steps)) as pool:
        for done in [pool.submit(step) for step in steps]:
            done.result(60)


@pytest.mark.servers  # half a minute of many at once
def test_many_rounds_of_everything_at_once(portal: Portal) -> None:
    race, began = Race(portal), time.monotonic()
    for number in count():
        if number >= ROUNDS if ROUNDS else time.monotonic() - began > SECONDS:
            break
        race.round(number)
    print(f"{number} rounds in {time.monotonic() - began:.0f} s, {len(race.answers)} answers")

    assert [answer for answer in race.answers if answer[1] >= 500] == []
    assert {status for _, status, _ in race.answers} <= {200, 201, 401, 403, 404, 409, 422}
    assert any(what == "merge" and status == 200 for what, status, _ in race.answers)
    assert len(race.changes) == len(set(race.changes)), "two acts changed the same state of a ticket"
    with portal.runtime.database.read() as session:
        assert trail.verify(session).first_break is None
        assert_counts_are_right(session)
        assert_nobody_forgot_a_ticket(session)
        assert_no_value_after_the_right(session)


def assert_counts_are_right(session: Session) -> None:
    counted = {(row.queue, row.state): row.count for row in session.scalars(select(QueueCount)) if row.count}
    found = session.execute(select(Ticket.queue, Ticket.state, func.count()).group_by(Ticket.queue, Ticket.state))
    assert counted == {(queue, state): number for queue, state, number in found}


def assert_nobody_forgot_a_ticket(session: Session) -> None:
    """What is worked on has somebody, and what was merged leads to a ticket that is not gone itself."""
    for ticket in session.scalars(select(Ticket)):
        if ticket.state == S.IN_PROGRESS.value:
            assert ticket.assignee_id is not None, ticket.number
        seen, here = {ticket.id}, ticket
        while here.state == S.MERGED.value:
            assert here.merged_into is not None
            target = lookup.by_number(session, here.merged_into)
            assert target is not None
            assert target.id not in seen, f"{ticket.number} and {target.number} are both gone"
            seen.add(target.id)
            here = target


def assert_no_value_after_the_right(session: Session) -> None:
    """Between the row that disables somebody and the one that enables them again, the trail holds no act of theirs."""
    off: set[str] = set()
    for row in session.scalars(select(AuditEvent).order_by(AuditEvent.seq)):
        if row.tag == Tag.USER_DISABLED.value:
            off.add(row.particulars["username"])
        elif row.tag == Tag.USER_ENABLED.value:
            off.discard(row.particulars["username"])
        assert row.actor_name not in off or not row.is_success, (row.seq, row.tag)
