"""The scales of satisfaction: scale, word and score are stored, and no figure mixes scales (REQUIREMENTS T4)."""

from enum import StrEnum


class Scale(StrEnum):
    """S3 is the portal's own; S0 and S1 are for people who answer by phone in these words."""

    S3 = "s3"
    S0 = "s0"
    S1 = "s1"


LABELS: dict[Scale, dict[str, int]] = {
    Scale.S3: {"非常满意": 5, "满意": 4, "一般": 3, "不满意": 2, "非常不满意": 1},
    Scale.S0: {"满意": 5, "基本满意": 3, "不满意": 1},
    Scale.S1: {"满意": 5, "一般": 3, "不满意": 1},
}
SCALE_NAMES: dict[Scale, str] = {scale: " / ".join(words) for scale, words in LABELS.items()}
WORDS = tuple(dict.fromkeys(word for words in LABELS.values() for word in words))
LOW, MIDDLE = 2, 3  # up to LOW a reason is required; at MIDDLE it is asked for


class Reason(StrEnum):
    """Why somebody is not satisfied, as people choose it."""

    SLOW = "slow"
    UNCLEAR = "unclear"
    NOT_SOLVED = "not_solved"
    ATTITUDE = "attitude"
    OTHER = "other"  # in own words


REASON_LABELS: dict[Reason, str] = {
    Reason.SLOW: "处理时效过长",
    Reason.UNCLEAR: "解决方案不清晰",
    Reason.NOT_SOLVED: "问题没有解决",
    Reason.ATTITUDE: "服务态度",
    Reason.OTHER: "其他",
}
_REASONS = {label: reason for reason, label in REASON_LABELS.items()}


def word_of(score: int) -> str:
    """The word of a score on the portal's own scale."""
    return next(word for word, value in LABELS[Scale.S3].items() if value == score)


def reason_of(given: str) -> Reason | None:
    """A reason by its name or by its words; None for anything else."""
    given = given.strip()
    return Reason(given) if given in list(Reason) else _REASONS.get(given)


def reason_label(stored: str) -> str:
    return REASON_LABELS[Reason(stored)] if stored else ""
