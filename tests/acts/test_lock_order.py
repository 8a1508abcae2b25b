"""One order of locks in every transaction: people, tickets, numbers, counters sorted and once each, the trail last."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from portal.acts.table import ACCEPT_OFFER, ASSIGN, CLAIM, MERGE, OFFER, RESOLVE, TRANSFER
from portal.audit.actor import clinic
from portal.disclosure import reveals
from portal.tickets.states import TicketState
from portal.tracking import confirmation
from tests.acts.desk import Desk
from tests.api.calls import post_report
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report

# By rank; what one transaction touches later must not be of a lower one.
RANKS = ("users", "tickets", "ticket_counters", "daily_counts", "queue_counts", "audit_head")
LOCKING = re.compile(
    rf"(?:UPDATE|INSERT INTO) ({'|'.join(RANKS)})\b|FROM ({'|'.join(RANKS)})\b.*FOR (?:UPDATE|SHARE)", re.DOTALL
)
NEW_ROW = re.compile("INSERT INTO (?:tickets|users)")  # nobody else knows it yet
pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


@contextmanager
def locks(portal: Portal) -> Iterator[list[list[tuple[str, str]]]]:
    """(table, key) of each row that a transaction locks, in order; the first time counts."""
    transactions: list[list[tuple[str, str]]] = [[]]
    engine = portal.runtime.database.engine

    def see(connection, cursor, statement, parameters, context, executemany) -> None:
        if (found := LOCKING.search(statement)) and not NEW_ROW.match(statement):
            table = found[1] or found[2]
            key = str(sorted((name, str(value)) for name, value in parameters.items() if name != "change"))
            seen = (table, key if table.endswith("_counts") else "")
            if seen not in transactions[-1]:
                transactions[-1].append(seen)

    def end(connection) -> None:
        transactions.append([])

    event.listen(engine, "before_cursor_execute", see)
    event.listen(engine, "commit", end)
    event.listen(engine, "rollback", end)
    yield transactions
    event.remove(engine, "before_cursor_execute", see)
    event.remove(engine, "commit", end)
    event.remove(engine, "rollback", end)


def assert_in_order(transactions: list[list[tuple[str, str]]]) -> None:
    for rows in transactions:
        ranks = [RANKS.index(table) for table, _ in rows]
        assert ranks == sorted(ranks), rows
        for table in ("daily_counts", "queue_counts"):
            keys = [key for name, key in rows if name == table]
            assert keys == sorted(keys), rows


def test_every_kind_of_transaction_keeps_the_order(portal: Portal) -> None:
    runtime = portal.runtime
    with locks(portal) as transactions:
        answer = post_report(portal.browser())
        assert answer.status_code == 201
        first, second = Desk(runtime, answer.json()["number"]), Desk(runtime, file_report(runtime).number)
        third = Desk(runtime, file_report(runtime).number)
        first.act(CLAIM)
        second.act(CLAIM, "bob")
        reveals.reveal_field(runtime, actor(runtime, "alice"), first.number, "id_number", "排查登录")
        first.act(MERGE, into=second.number)
        second.act(RESOLVE, "bob", text="已恢复，请刷新")
        confirmation.confirm(runtime, clinic("127.0.0.1"), second.ticket.id, is_solved=True, comment="")
        third.act(ASSIGN, "leo", assignee="bob", order=True, reason="请李工处理")
        offered = third.act(OFFER, "bob", assignee="alice", text="只差回访").answer["offer"]
        third.act(ACCEPT_OFFER, "alice", offer=offered["id"])
        third.act(TRANSFER, "leo", queue="his", text="")
        fourth = Desk(runtime, file_report(runtime).number)
        fourth.bring_to(TicketState.CLOSED)
    touched = {table for rows in transactions for table, _ in rows}
    assert touched >= set(RANKS) - {"users"}
    assert_in_order(transactions)


@pytest.mark.parametrize(
    "rows", [[("audit_head", ""), ("queue_counts", "a")], [("queue_counts", "b"), ("queue_counts", "a")]]
)
def test_the_check_turns_red(backend: str, rows: list[tuple[str, str]]) -> None:
    with pytest.raises(AssertionError):
        assert_in_order([rows])
