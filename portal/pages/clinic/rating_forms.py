"""The questions of a rating, on the tracking page and behind a survey link."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal import clock
from portal.follow_up.models import Rating
from portal.follow_up.ratings import MOST_COMMENT, TEXT_FIELD, WAY_LABELS, Way
from portal.follow_up.scales import LABELS, LOW, REASON_LABELS, Scale
from portal.kinds.validation import Values
from portal.web.body import PostedForm

PAGE_FIELD = "rating_comment"  # beside the tracking page's other comment
CHOICES = [(str(score), word) for word, score in LABELS[Scale.S3].items()]
REASONS = [(reason.value, label) for reason, label in REASON_LABELS.items()]


@dataclass(frozen=True)
class Given:
    """As it was posted; `round` is None if the form says none."""

    score: str
    reason: str
    comment: str
    round: int | None
    comment_field: str

    def typed(self) -> dict[str, list[str]]:
        """For the page that comes back."""
        return {"score": [self.score[:2]], "reason": [self.reason[:20]], self.comment_field: [self.comment]}


def read(form: PostedForm, comment_field: str) -> Given:
    """The comment has the API's name too."""
    comment = form.get(comment_field) or form.get(TEXT_FIELD)
    of_round = form.get("round")
    number = int(of_round) if of_round.isascii() and of_round.isdigit() and len(of_round) < 6 else None
    return Given(form.get("score"), form.get("reason"), comment[: 4 * MOST_COMMENT], number, comment_field)


def context(
    given: Sequence[Rating], ratable_round: int | None, typed: Values, comment_field: str = TEXT_FIELD
) -> dict[str, Any]:
    """What the templates of both pages read.

    Args:
        given: the ticket's ratings, the newest first. ratable_round: which one can be rated now.
    """
    last = given[0] if given and ratable_round is None else None
    return {
        "rating_choices": CHOICES,
        "rating_reasons": REASONS,
        "rating_words": {
            "score": next(iter(typed.get("score", ())), ""),
            "reason": next(iter(typed.get("reason", ())), ""),
            "comment": next(iter(typed.get(comment_field, ())), ""),
        },
        "rating_comment_field": comment_field,
        "rating_round": ratable_round,
        "rated": shown(last) if last is not None else "",
        "is_rated_low": last is not None and last.score <= LOW,
    }


def shown(rating: Rating) -> str:
    """The word and how it came, without the comment: others may look at the same page."""
    return f"{rating.label}（{clock.clinic_time(rating.rated_at)}，{WAY_LABELS[Way(rating.way)]}）"
