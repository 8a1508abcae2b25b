"""Opening pictures: fixed headers, a trail row each, and a broken one that breaks nothing else."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from portal.audit.models import AuditEvent
from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket
from tests.factories.closing import voided_ticket
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.factories.ticket_pages import done, say_why, ticket_of


def pictures_of(portal: Portal, number: str) -> list[Screenshot]:
    report_id = ticket_of(portal, number).report_id
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(Screenshot).where(Screenshot.owner_id == report_id)))


def openings(portal: Portal, number: str, tag: str = "picture:open") -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.tag == tag, AuditEvent.ticket_number == number).order_by(AuditEvent.seq)
    with portal.runtime.database.read() as session:
        return list(session.scalars(query))


@pytest.fixture
def picture(portal: Portal) -> tuple[Any, str, str]:
    """bob, who works in the queue, a ticket, and the address of its picture."""
    number, bob = file_report(portal.runtime).number, portal.signed_in("bob")
    say_why(bob, number)
    return bob, number, f"/tickets/{number}/screenshots/{pictures_of(portal, number)[0].id}"


def test_a_picture_is_served_with_fixed_headers(portal: Portal, picture: tuple[Any, str, str]) -> None:
    bob, number, address = picture
    answer = bob.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store, private"
    assert answer.headers["content-disposition"] == f'inline; filename="{number}-picture-1.png"'
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; sandbox")
    assert Image.open(io.BytesIO(answer.content)).size == (1366, 768)


def test_each_opening_is_recorded_also_by_head_and_range(portal: Portal, picture: tuple[Any, str, str]) -> None:
    bob, number, address = picture
    whole = bob.get(address)
    head = bob.head(address)
    assert (head.status_code, head.content) == (200, b"")
    part = bob.get(address, headers={"range": "bytes=0-9"})
    assert (part.status_code, part.content) == (200, whole.content)
    assert [row.actor_name for row in openings(portal, number)] == ["bob"] * 3


def test_the_ticket_page_and_its_viewer_load_no_picture_by_themselves(
    portal: Portal, picture: tuple[Any, str, str]
) -> None:
    bob, number, address = picture
    page = bob.get(f"/tickets/{number}").text
    assert "/screenshots/" not in page
    assert f'href="/tickets/{number}/pictures/1"' in page
    assert "1366 × 768 像素" in page
    viewer = bob.get(f"/tickets/{number}/pictures/1")
    assert f'src="{address}?size=fit"' in viewer.text
    assert "?size=full" in viewer.text
    full = bob.get(f"/tickets/{number}/pictures/1?size=full").text
    assert "viewer--full" in full
    assert f'src="{address}"' in full
    assert openings(portal, number) == []
    for absent in ("0", "2", "-1", "99999999999999999999", "x"):
        assert bob.get(f"/tickets/{number}/pictures/{absent}").status_code == 404


def test_a_picture_of_another_ticket_or_none_is_not_found(portal: Portal, picture: tuple[Any, str, str]) -> None:
    bob, number, address = picture
    other = file_report(portal.runtime).number
    foreign = pictures_of(portal, other)[0].id
    assert bob.get(f"/tickets/{number}/screenshots/{foreign}").status_code == 404
    assert bob.get(f"/tickets/{number}/screenshots/00000000-0000-4000-8000-000000000000").status_code == 404
    assert bob.get(f"/tickets/{number}/screenshots/..%2f..%2fportal.db").status_code == 404
    assert portal.signed_in("hanna").get(address).status_code == 404
    assert portal.signed_in("hanna").head(address).status_code == 404


def test_a_closed_ticket_opens_no_picture(portal: Portal, picture: tuple[Any, str, str]) -> None:
    bob, number, address = picture
    done(bob, number, "assignment")
    voided_ticket(portal.runtime, number, "bob")
    assert bob.get(address).status_code == 403
    assert bob.head(address).status_code == 403
    assert bob.get(f"/tickets/{number}/pictures/1").status_code == 403
    assert "打开（留记录）" not in bob.get(f"/tickets/{number}").text
    assert len(openings(portal, number, "picture:open-refused")) == 2


@pytest.mark.parametrize("harm", ["flip", "cut", "remove"])
def test_a_harmed_file_breaks_only_its_own_picture(portal: Portal, picture: tuple[Any, str, str], harm: str) -> None:
    bob, number, address = picture
    other = file_report(portal.runtime).number
    files = {path.name: path for path in Path(portal.settings.uploads).rglob("*") if path.is_file()}
    blob = next(path for name, path in files.items() if pictures_of(portal, number)[0].blob_key in name)
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    if harm == "remove":
        blob.unlink()
    else:
        blob.write_bytes(bytes(content) if harm == "flip" else bytes(content[: len(content) // 2]))
    broken = bob.get(address)
    assert broken.status_code == 409
    assert "附图无法打开" in broken.text
    assert broken.headers["content-type"].startswith("text/html")
    assert len(openings(portal, number, "seal:broken")) == 1
    say_why(bob, other)
    assert bob.get(f"/tickets/{other}/screenshots/{pictures_of(portal, other)[0].id}").status_code == 200
    for path in ("/queues/general", f"/tickets/{number}", f"/tickets/{number}/pictures/1"):
        assert bob.get(path).status_code == 200
    with portal.runtime.database.read() as session:
        assert len(session.scalars(select(Ticket)).all()) == 2
