"""What a clinic was asked for is taken once, however often it is sent."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress

from sqlalchemy import func, select

from portal.acts.table import ASK, CLAIM
from portal.audit.actor import clinic
from portal.errors import InvalidError
from portal.reports.models import Supplement
from portal.supplements import receiving
from portal.tickets import lookup
from tests.acts.desk import Desk


def supply(desk: Desk) -> None:
    with suppress(InvalidError):  # too late to be a twin: nothing of it is asked for any more
        receiving.supplement(desk.runtime, clinic(), desk.ticket.id, {"form_name": ["随访表"]}, [])


def test_of_two_posts_at_once_one_is_kept(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(ASK, fields=["form_name", "blank_items"])
    with ThreadPoolExecutor(2) as pool:
        with desk.runtime.database.transaction() as session:
            lookup.lock(session, {desk.ticket.id})
            posts = [pool.submit(supply, desk) for _ in range(2)]
            wait(posts, timeout=1)  # both have read what is missing, and now wait for the ticket
        for post in posts:
            post.result()
    with desk.runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Supplement)) == 1
    assert [entry.action for entry in desk.entries()].count("supplement") == 1
