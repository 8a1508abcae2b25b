"""涂黑: only the assignee makes, removes and sees through covers; everyone else gets black pixels and a mark."""

import io
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from portal import clock
from portal.acts.table import CLAIM
from portal.audit.models import AuditEvent
from portal.disclosure import picture_redaction
from portal.retention import destruction
from portal.screenshots.models import PictureRedaction, Screenshot
from portal.screenshots.service import open_picture
from portal.tickets.models import Ticket, TimelineEntry
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import voided_ticket
from tests.factories.portals import Portal, csrf_of
from tests.factories.reports import file_report
from tests.factories.ticket_pages import done, say_why, ticket_of

BOX = {"left": "100", "top": "120", "width": "300", "height": "60"}
MIDDLE = (250, 150)
INSIDE = (104, 124, 396, 176)


class Desk:
    """alice, who has claimed a ticket of one picture, and bob of the same queue."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.number = file_report(portal.runtime).number
        self.alice, self.bob = portal.signed_in("alice"), portal.signed_in("bob")
        done(self.alice, self.number, "assignment")
        with portal.runtime.database.read() as session:
            query = select(Screenshot).where(Screenshot.owner_id == ticket_of(portal, self.number).report_id)
            self.picture = session.scalars(query).one()
        self.page = f"/tickets/{self.number}/pictures/1"
        self.address = f"/tickets/{self.number}/screenshots/{self.picture.id}"
        for browser in (self.alice, self.bob):
            say_why(browser, self.number)

    def cover(self, browser: Any, address: str = "", **box: str) -> Any:
        token = csrf_of(browser.get(f"/tickets/{self.number}").text)
        fields = {"csrf": token, "position": "1", **(box or BOX)}
        return browser.post(address or f"{self.address}/covers", data=fields)

    def uncover(self, browser: Any, cover_id: uuid.UUID) -> Any:
        token = csrf_of(browser.get(f"/tickets/{self.number}").text)
        return browser.post(f"/tickets/{self.number}/covers/{cover_id}/removal", data={"csrf": token})

    def covers(self) -> list[PictureRedaction]:
        with self.portal.runtime.database.read() as session:
            return picture_redaction.redactions_of(session, self.picture.id)

    def rows(self, tag: str) -> list[AuditEvent]:
        with self.portal.runtime.database.read() as session:
            return list(session.scalars(select(AuditEvent).where(AuditEvent.tag == tag).order_by(AuditEvent.seq)))


@pytest.fixture
def desk(portal: Portal) -> Desk:
    return Desk(portal)


def seen(answer: Any) -> Image.Image:
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content)).convert("L")


def brightest(picture: Image.Image, scale: float = 1) -> int:
    return int(picture.crop(tuple(round(edge * scale) for edge in INSIDE)).getextrema()[1])  # type: ignore[arg-type]


def test_it_paints_covers_black_for_everyone_but_the_assignee(desk: Desk) -> None:
    bright = brightest(seen(desk.bob.get(desk.address)))
    assert bright > 150
    answer = desk.cover(desk.alice)
    assert (answer.status_code, answer.headers["location"]) == (303, desk.page)
    bob_api, alice_api = desk.portal.api("bob"), desk.portal.api("alice")
    assert brightest(seen(desk.bob.get(desk.address))) < 60
    assert brightest(seen(bob_api.get(f"/api/v1{desk.address}"))) < 60
    first_look = seen(desk.bob.get(f"{desk.address}?size=fit"))
    assert brightest(first_look, first_look.width / 1366) < 90
    for own in (desk.alice.get(desk.address), alice_api.get(f"/api/v1{desk.address}")):
        assert brightest(seen(own)) > 150
    assert "1 处已涂黑" in desk.bob.get(desk.page).text
    assert "data-cover-form" not in desk.bob.get(desk.page).text


def test_the_sealed_original_stays_as_it_was(desk: Desk) -> None:
    def stored() -> bytes:
        runtime = desk.portal.runtime
        with runtime.database.read() as session:
            return open_picture(session, runtime.vault, runtime.blobs, session.get_one(Screenshot, desk.picture.id))

    before = stored()
    desk.cover(desk.alice)
    desk.bob.get(desk.address)
    assert stored() == before
    assert desk.alice.get(desk.address).content != before  # marked, so never the very bytes


def test_covers_go_over_to_the_next_assignee(desk: Desk) -> None:
    desk.cover(desk.alice)
    done(desk.alice, desk.number, "release")
    assert brightest(seen(desk.alice.get(desk.address))) < 60
    done(desk.bob, desk.number, "assignment")
    assert brightest(seen(desk.bob.get(desk.address))) > 150
    assert brightest(seen(desk.alice.get(desk.address))) < 60
    [cover] = desk.covers()
    assert desk.uncover(desk.bob, cover.id).status_code == 303
    assert desk.covers() == []


def test_each_change_is_in_trail_and_timeline_and_uses_up_no_version(desk: Desk) -> None:
    before = ticket_of(desk.portal, desk.number).version
    desk.cover(desk.alice)
    [cover] = desk.covers()
    assert cover.box == (100, 120, 300, 60)
    assert cover.made_by == "张工"
    desk.uncover(desk.alice, cover.id)
    for tag in ("picture:cover", "picture:uncover"):
        [row] = desk.rows(tag)
        assert (row.actor_name, row.ticket_number, row.field) == ("alice", desk.number, "screenshots.0")
        box = {"left": 100, "top": 120, "width": 300, "height": 60}
        assert row.particulars == {"picture": str(desk.picture.id), **box}
    with desk.portal.runtime.database.read() as session:
        entries = session.scalars(select(TimelineEntry).where(TimelineEntry.action.in_(("cover", "uncover")))).all()
    assert [(entry.text, entry.is_public, entry.actor_label) for entry in entries] == [("附图 1", False, "张工")] * 2
    assert ticket_of(desk.portal, desk.number).version == before
    assert "涂黑附图" in desk.bob.get(f"/tickets/{desk.number}").text


@pytest.mark.parametrize("name", ["bob", "leo", "agnes", "hanna"])
def test_another_cannot_cover_or_uncover(desk: Desk, name: str) -> None:
    desk.cover(desk.alice)
    [cover] = desk.covers()
    other = desk.portal.signed_in(name)
    token = csrf_of(desk.bob.get(f"/tickets/{desk.number}").text if name == "bob" else other.get("/account").text)
    if name == "bob":
        token = csrf_of(other.get(f"/tickets/{desk.number}").text)
    status = 404 if name == "hanna" else 403
    for path in (f"{desk.address}/covers", f"/tickets/{desk.number}/covers/{cover.id}/removal"):
        assert other.post(path, data={"csrf": token, "position": "1", **BOX}).status_code == status
    assert [row.id for row in desk.covers()] == [cover.id]
    if name == "bob":
        assert [row.particulars["act"] for row in desk.rows("access:denied")] == ["cover", "uncover"]


def test_a_closed_ticket_cannot_be_covered(desk: Desk) -> None:
    desk.cover(desk.alice)
    [cover] = desk.covers()
    voided_ticket(desk.portal.runtime, desk.number)
    assert desk.cover(desk.alice).status_code == 409
    assert desk.uncover(desk.alice, cover.id).status_code == 409
    assert len(desk.covers()) == 1


def test_a_rectangle_is_cut_to_the_picture(desk: Desk) -> None:
    assert desk.cover(desk.alice, left="1300", top="700", width="99999", height="99999").status_code == 303
    [cover] = desk.covers()
    assert cover.box == (1300, 700, 66, 68)


def test_a_rectangle_without_picture_is_refused_with_what_was_typed(desk: Desk) -> None:
    for changes in (
        {"left": "1366"}, {"top": "768"}, {"width": "0"}, {"height": ""}, {"left": "-5", "width": "3"},
        {"width": "1e3"}, {"width": "٣"}, {"height": "999999"}, {"width": "'; --"},
    ):  # fmt: skip
        answer = desk.cover(desk.alice, **{**BOX, **changes})
        assert answer.status_code == 422, changes
        assert "涂黑的范围不在附图里，附图是 1366 × 768 像素" in answer.text
        untouched = next(name for name in ("top", "left") if name not in changes)
        assert f'name="{untouched}" value="{BOX[untouched]}"' in answer.text
    assert desk.covers() == []


def test_there_is_an_end_of_covers(desk: Desk) -> None:
    with desk.portal.runtime.database.transaction() as session:
        for number in range(picture_redaction.MOST_REDACTIONS):
            session.add(
                PictureRedaction(
                    screenshot_id=desk.picture.id, x=number, y=0, width=1, height=1, made_by="张工",
                    made_at=clock.now(),
                )
            )  # fmt: skip
    answer = desk.cover(desk.alice)
    assert answer.status_code == 422
    assert "最多涂黑 50 处" in answer.text


def test_a_cover_belongs_to_its_own_ticket(desk: Desk) -> None:
    desk.cover(desk.alice)
    [cover] = desk.covers()
    other = file_report(desk.portal.runtime).number
    with desk.portal.runtime.database.transaction() as session:
        perform(session, desk.portal.runtime, actor(desk.portal.runtime, "alice"), CLAIM, other, 1)
    token = csrf_of(desk.alice.get(f"/tickets/{other}").text)
    stolen = f"/tickets/{other}/covers/{cover.id}/removal"
    assert desk.alice.post(stolen, data={"csrf": token}).status_code == 404
    assert desk.cover(desk.alice, f"/tickets/{other}/screenshots/{desk.picture.id}/covers").status_code == 404
    assert desk.cover(desk.alice, f"/tickets/{desk.number}/screenshots/{uuid.uuid4()}/covers").status_code == 404
    assert len(desk.covers()) == 1


def test_covers_go_with_their_picture(desk: Desk) -> None:
    desk.cover(desk.alice)
    with desk.portal.runtime.database.transaction() as session:
        destruction.destroy_pictures(session, session.get_one(Ticket, ticket_of(desk.portal, desk.number).id))
    with desk.portal.runtime.database.read() as session:
        assert session.scalars(select(PictureRedaction)).all() == []


def test_the_mark_carries_viewer_and_china_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 7, 22, 16, 5, 59, tzinfo=UTC))
    mark = picture_redaction.mark_of(actor(desk.portal.runtime, "alice"))
    assert (mark.full, mark.plain) == ("张工 alice 2026-07-23 00:05", "alice 2026-07-23 00:05")


def test_two_viewers_get_two_different_pictures(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    for size in ("", "?size=fit"):
        own, other = (browser.get(desk.address + size).content for browser in (desk.alice, desk.bob))
        assert own != other
        assert own == desk.alice.get(desk.address + size).content


def test_a_readable_preview_is_an_opening_and_a_blurred_one_is_not(desk: Desk) -> None:
    page = desk.bob.get(f"/tickets/{desk.number}").text
    preview = f"/tickets/{desk.number}/previews/{desk.picture.id}"
    assert f'src="{preview}"' in page
    blurred = desk.bob.get(preview)
    assert (blurred.status_code, blurred.headers["content-type"]) == (200, "image/webp")
    assert len(blurred.content) < 1_000
    assert desk.rows("picture:open") == []
    look = desk.bob.get(f"{desk.address}?size=fit")
    assert look.headers["content-type"] == "image/webp"
    assert len(look.content) <= 60_000
    assert look.headers["content-disposition"].endswith('-picture-1.webp"')
    assert "sandbox" in look.headers["content-security-policy"]
    shown = {"picture": str(desk.picture.id), "is_preview": True}
    assert [row.particulars for row in desk.rows("picture:open")] == [shown]
    assert desk.bob.get(f"{desk.address}?size=huge").status_code in (404, 422)
    assert len(desk.rows("picture:open")) == 1
