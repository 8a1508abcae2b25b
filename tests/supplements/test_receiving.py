"""What a clinic was asked for is taken once, however often it is sent."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress

from sqlalchemy import func, select

from portal.acts.table import ASK, CLAIM
from portal.audit.actor import clinic
from portal.errors import InvalidError
from portal.notify.events import Event
from portal.reports.filing import NewPicture
from portal.reports.models import Supplement
from portal.screenshots.inspection import InspectionLimits, inspect
from portal.screenshots.models import Screenshot
from portal.supplements import receiving
from portal.tickets import lookup
from tests.acts.desk import Desk
from tests.factories.pictures import whole_screen


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
    assert desk.events().count(Event.SUPPLEMENTED) == 1


def test_pictures_that_come_later_stand_behind_those_that_are_there(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(ASK, fields=["screenshots"])
    inspections = [inspect(whole_screen(seed=seed), hint=None, limits=InspectionLimits()) for seed in (2, 3)]
    pictures = [NewPicture("screenshots", inspection, True) for inspection in inspections]
    receiving.supplement(desk.runtime, clinic(), desk.ticket.id, {}, pictures)
    with desk.runtime.database.read() as session:
        assert sorted(session.scalars(select(Screenshot.position))) == [0, 1, 2]
