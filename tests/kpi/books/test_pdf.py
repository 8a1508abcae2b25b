"""What making a PDF leaves behind in the process."""

import pytest

from portal.kpi.books import pdf
from portal.screenshots import rendering
from portal.screenshots.bare import BrokenPicture
from tests.factories.pictures import whole_screen


def test_half_a_picture_stays_broken_once_a_pdf_was_made() -> None:
    assert pdf.of_page("<p>一线通</p>").startswith(b"%PDF")

    with pytest.raises(BrokenPicture):
        rendering.unreadable(whole_screen()[:-200], "image/png", [])
