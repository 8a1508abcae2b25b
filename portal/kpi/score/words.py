"""Words of people about a score: a text of no ticket, in which no secret may stand (DESK 0.6, rule 4)."""

from portal.errors import Fault, InvalidError
from portal.reports.sealing import labels_of, stopping_spans
from portal.sensitive_text.free_text import text_fault


def checked(text: str, field: str, missing: str, most: int) -> str:
    """The text without outer blanks; raises InvalidError."""
    faults: list[Fault] = []
    said = tried(faults, text, field, missing, most)
    if faults:
        raise InvalidError(faults)
    return said


def tried(faults: list[Fault], text: str, field: str, missing: str, most: int) -> str:
    """The text without outer blanks; what is wrong with it is added to the faults.

    Nothing is sealed here: there is no report whose key could hold it, so the writer takes it out.
    """
    fault = text_fault(text, field=field, missing=missing, most=most)
    if fault is None and (spans := stopping_spans(text)):
        found = "、".join(labels_of(spans))
        fault = Fault(field, "sensitive_text", f"这里像是有{found}，请去掉后再提交，需要时写工单编号")
    faults += [fault] if fault else []
    return "" if fault else text.strip()
