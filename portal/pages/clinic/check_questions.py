"""What the check page asks once, before a report is filed: it never stops one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.kinds.contact_fields import CONTACT_PHONE
from portal.kinds.fields import Step
from portal.kinds.table import INSTITUTION, Kind
from portal.kinds.validation import Values, doubts, normalised, relevant


@dataclass(frozen=True)
class CheckQuestion:
    """`step` and `field`: where it is answered otherwise than by filing."""

    text: str
    step: Step
    field: str


def check_questions(kind: Kind, values: Values) -> list[CheckQuestion]:
    """Unusual values, and a report that nobody could call back about."""
    clean = normalised(kind, relevant(kind, values))
    found = [CheckQuestion(doubt.question, spec.step, spec.name) for spec, doubt in doubts(kind, clean)]
    return [*found, *_nobody_to_call(kind, clean)]


def _nobody_to_call(kind: Kind, clean: Mapping[str, Sequence[str]]) -> list[CheckQuestion]:
    if any(clean.get(spec.name) for spec in (INSTITUTION, CONTACT_PHONE)):
        return []
    text = "机构名称和手机号都没有填，有疑问时找不到您。建议填一项，不填也可以提交"
    return [CheckQuestion(text, kind.field(INSTITUTION.name).step, INSTITUTION.name)]
