"""Invented values of reports, with the check digits that forms ask for."""

from datetime import date, timedelta

from portal.sensitive_text.id_numbers import check_character


def invented_id_number(serial: int) -> str:
    """A number with a valid check digit and an obviously invented birth date."""
    born = date(1950, 1, 1) + timedelta(days=serial * 400 % 20_000)
    first_17 = f"371526{born:%Y%m%d}{serial % 1000:03d}"
    return first_17 + check_character(first_17)
