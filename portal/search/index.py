"""What lists show of a report and what their text filter searches; secrets are masked already."""

from collections.abc import Mapping, Sequence

from portal.sensitive_text.folding import search_form

_EXCERPT = 80
_SEARCHED = ("institution", "description", "form_name", "previous_system")


def excerpt_of(description: str) -> str:
    """The beginning of a description (secrets masked), as lists show it."""
    return " ".join(description.split())[:_EXCERPT]


def search_text(number: str, answers: Mapping[str, str], other_numbers: Sequence[str] = ()) -> str:
    """What the queue's text filter searches, folded: numbers and these answers (secrets masked).

    Args:
        other_numbers: former ones, and those of calls.
    """
    parts = (number, *other_numbers, *(answers.get(name, "") for name in _SEARCHED))
    return "\n".join(map(search_form, parts))


def with_number(searched: str, number: str) -> str:
    """The search text with one number more."""
    return f"{searched}\n{search_form(number)}"
