"""What lists show of a report and what their text filter searches; secrets are masked already."""

from collections.abc import Mapping, Sequence

_EXCERPT = 80


def excerpt_of(description: str) -> str:
    """The beginning of a description (secrets masked), as lists show it."""
    return " ".join(description.split())[:_EXCERPT]


def search_text(number: str, answers: Mapping[str, str], former_numbers: Sequence[str] = ()) -> str:
    """What the queue's text filter searches: numbers, institution, description (secrets masked) and form name."""
    parts = (number, *former_numbers, *(answers.get(name, "") for name in ("institution", "description", "form_name")))
    return "\n".join(parts).lower()
