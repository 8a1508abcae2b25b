"""What holds for every kind of the table, and for the next one: whoever adds it and forgets a part sees red here."""

from pathlib import Path

import pytest

from portal.casefile.typed_values import is_secret_like
from portal.kinds.names import Mark, TicketKind
from portal.kinds.table import KINDS, NUMBER_SHAPE, QUEUES
from portal.tracking.receipt_reader import looks_like_a_number

ROOT = Path(__file__).parent.parent.parent


def test_every_kind_has_its_entry():
    assert list(KINDS) == list(TicketKind)
    assert tuple(KINDS) == QUEUES


@pytest.mark.parametrize("part", ["label", "prefix", "mark"])
def test_no_two_kinds_are_taken_for_each_other(part):
    given = [getattr(kind, part) for kind in KINDS.values()]

    assert len(set(given)) == len(given)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_its_numbers_are_taken_for_numbers_everywhere(kind):
    number = f"{kind.prefix}2026110001"

    assert not is_secret_like(number)
    assert NUMBER_SHAPE.fullmatch(number) and looks_like_a_number(number)


@pytest.mark.parametrize("mark", Mark)
def test_a_mark_has_a_shape_and_a_colour_in_every_place(mark):
    drawn = (ROOT / "templates/components/ui.html").read_text(encoding="utf-8")
    clinic, staff = ((ROOT / f"static/css/{name}.css").read_text(encoding="utf-8") for name in ("portal", "staff"))

    assert f'mark == "{mark}"' in drawn and f'class="ink-{mark}"' in drawn
    assert all(f".{name}{mark} " in clinic for name in ("mark-", "ink-", "badge--"))
    assert f".tab--{mark}[aria-current]" in staff and f".tab--{mark} .count" in staff


def test_every_kind_has_a_drawing_on_the_home_page():
    drawings = (ROOT / "templates/components/drawings.html").read_text(encoding="utf-8")

    assert all(f'name == "{kind.drawing}"' in drawings for kind in KINDS.values())
