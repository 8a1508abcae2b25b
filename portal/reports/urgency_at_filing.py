"""紧急程度 as staff set it while the phone rings (DESK 1.6): other than 一般 it needs a reason.

The reason is an internal line of the timeline, as that of every later change.
"""

from dataclasses import dataclass, field

from portal.errors import Fault
from portal.progress.lifecycle import Move
from portal.sensitive_text import free_text
from portal.tickets.states import URGENCY_LABELS, Urgency
from portal.vault.span_masks import masked_text

FILED = Move("urgency_filed", "登记时的紧急程度", {}, is_public=False, is_remark=True)
MOST_REASON = 500
_LEAST_REASON = 2
WORDS = tuple(level.name.lower() for level in Urgency)


@dataclass(frozen=True)
class ChosenUrgency:
    """The repr shows no reason."""

    level: Urgency = Urgency.NORMAL
    reason: str = field(default="", repr=False)

    @property
    def line(self) -> str:
        """The timeline's text; secrets in the reason are masked for good."""
        return f"{URGENCY_LABELS[self.level]}。{masked_text(self.reason)}"


NORMAL = ChosenUrgency()


def chosen(word: str, reason: str) -> tuple[ChosenUrgency, list[Fault]]:
    """What was chosen, 一般 if nothing was, and what is wrong with it."""
    word, reason = word.strip(), reason.strip()
    if word not in ("", *WORDS):
        return NORMAL, [Fault("urgency", "invalid", f"紧急程度应为 {'、'.join(WORDS)} 之一")]
    level = Urgency[word.upper()] if word else Urgency.NORMAL
    is_needed = level is not Urgency.NORMAL
    missing = f"选了“{URGENCY_LABELS[level]}”，请写明原因" if is_needed else ""
    fault = free_text.text_fault(reason, field="urgency_reason", missing=missing, most=MOST_REASON)
    if fault is None and is_needed and len(reason) < _LEAST_REASON:
        fault = Fault("urgency_reason", "too_short", f"请至少写 {_LEAST_REASON} 个字")
    return ChosenUrgency(level, reason if is_needed else ""), [fault] if fault else []
