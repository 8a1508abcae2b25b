"""The clinic's way from the first page to the receipt, without script, on both databases."""

import pytest

from tests.intake.clinic import Clinic, code_of, number_of


@pytest.mark.parametrize("kind", ["general", "his"])
def test_it_files_a_report_page_by_page(portal, kind):
    receipt = Clinic(portal, kind).file()
    assert number_of(receipt).startswith("RC" if kind == "general" else "HIS")
    assert len(code_of(receipt)) == 12
