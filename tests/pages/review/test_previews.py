"""What a lead sees of a picture: a blur made from the sealed original, under its page's rule (SECURITY F-5)."""

import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from portal.acts.table import CLAIM
from portal.audit.models import AuditEvent
from portal.screenshots.models import PictureRedaction, Screenshot
from portal.tickets.models import Ticket
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import voided_ticket
from tests.factories.pictures import phone_screen
from tests.factories.portals import Portal
from tests.factories.reports import file_report


@pytest.fixture
def record(portal: Portal) -> tuple[str, str, uuid.UUID]:
    """A record's page, the address of its picture's preview, and the picture."""
    number = file_report(portal.runtime).number
    with portal.runtime.database.read() as session:
        picture_id = session.scalars(select(Screenshot.id)).one()
    return f"/review/tickets/{number}", f"/review/tickets/{number}/previews/{picture_id}", picture_id


def trail_of(portal: Portal) -> list[tuple[str, str]]:
    with portal.runtime.database.read() as session:
        return [(row.tag, row.actor_name) for row in session.scalars(select(AuditEvent).order_by(AuditEvent.seq))]


def files_of(portal: Portal) -> set[Path]:
    return {path for path in Path(portal.settings.uploads).rglob("*") if path.is_file()}


def test_a_lead_sees_a_blur_of_160_pixels(portal: Portal, record: tuple[str, str, uuid.UUID]) -> None:
    leo, (page, address, _) = portal.signed_in("leo"), record
    shown = leo.get(page).text
    assert f'src="{address}" width="160" height="90"' in shown
    assert "/screenshots/" not in shown
    before, files = len(trail_of(portal)), files_of(portal)
    answer = leo.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "no-store, private"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert len(answer.content) < 1_000
    assert Image.open(io.BytesIO(answer.content)).size == (160, 90)
    assert len(trail_of(portal)) == before  # less than the page, whose showing is a row
    assert files_of(portal) == files  # nothing is kept


def test_an_upright_picture_has_an_upright_preview(portal: Portal) -> None:
    number = file_report(portal.runtime, picture=phone_screen()).number
    page = portal.signed_in("leo").get(f"/review/tickets/{number}").text
    assert 'width="74" height="160"' in page


def test_a_lead_cannot_open_the_original(portal: Portal, record: tuple[str, str, uuid.UUID]) -> None:
    number, leo = record[0].rsplit("/", 1)[1], portal.signed_in("leo")
    for path in (f"/tickets/{number}/screenshots/{record[2]}", f"/tickets/{number}/pictures/1"):
        for query in ("", "?size=fit"):
            assert leo.get(path + query).status_code == 403
            assert leo.head(path + query).status_code == 403
    assert portal.api("leo").get(f"/api/v1/tickets/{number}/screenshots/{record[2]}").status_code == 403


def test_head_and_range_obey_the_same_rule(portal: Portal, record: tuple[str, str, uuid.UUID]) -> None:
    address, leo = record[1], portal.signed_in("leo")
    whole = leo.get(address)
    assert leo.get(address, headers={"range": "bytes=0-9"}).content == whole.content
    head = leo.head(address)
    assert (head.status_code, head.content) == (200, b"")
    for name, status in (("alice", 403), ("hanna", 403), ("agnes", 403), ("ada", 403)):
        other = portal.signed_in(name)
        answers: list[Any] = [
            other.get(address),
            other.head(address),
            other.get(address, headers={"range": "bytes=0-"}),
        ]
        assert [answer.status_code for answer in answers] == [status] * 3, name
        assert not [answer for answer in answers if "html" not in answer.headers["content-type"]], name
    assert portal.browser().get(address).status_code == 303
    assert portal.browser().head(address).status_code == 303


def test_a_picture_of_another_ticket_is_absent(portal: Portal, record: tuple[str, str, uuid.UUID]) -> None:
    leo, other = portal.signed_in("leo"), file_report(portal.runtime).number
    for number in (other, "RC2020010001"):
        assert leo.get(f"/review/tickets/{number}/previews/{record[2]}").status_code == 404
    assert leo.get(f"{record[0]}/previews/{uuid.uuid4()}").status_code == 404


def test_a_closed_record_keeps_its_preview(portal: Portal, record: tuple[str, str, uuid.UUID]) -> None:
    number, alice = record[0].rsplit("/", 1)[1], actor(portal.runtime, "alice")
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, alice, CLAIM, number, 1)
    voided_ticket(portal.runtime, number)
    assert portal.signed_in("leo").get(record[1]).status_code == 200


def test_covers_are_black_on_the_preview_too(portal: Portal, record: tuple[str, str, uuid.UUID]) -> None:
    leo = portal.signed_in("leo")
    with portal.runtime.database.transaction() as session:
        moment = session.scalars(select(Ticket.submitted_at)).first()
        session.add(
            PictureRedaction(
                screenshot_id=record[2], x=0, y=0, width=1366, height=768, made_by="张工", made_at=moment
            )
        )  # fmt: skip
    shown = Image.open(io.BytesIO(leo.get(record[1]).content)).convert("L")
    assert shown.getextrema()[1] < 10


def test_a_harmed_picture_breaks_only_its_preview(portal: Portal, record: tuple[str, str, uuid.UUID]) -> None:
    leo = portal.signed_in("leo")
    for path in files_of(portal):
        path.write_bytes(path.read_bytes()[:-20])
    assert leo.get(record[1]).status_code == 409
    assert leo.get(record[0]).status_code == 200
