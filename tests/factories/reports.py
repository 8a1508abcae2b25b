"""Complete reports to start from, and a short way to file one through the service."""

import functools
from typing import Any

from portal.audit.actor import Actor, clinic
from portal.kinds.fields import CheckContext
from portal.kinds.names import Channel
from portal.kinds.table import kind_of
from portal.kinds.validation import checked_report, picture_of
from portal.reports import filing
from portal.reports.filing import NewPicture
from portal.reports.receipts import Receipt
from portal.runtime import Runtime
from portal.screenshots.inspection import Inspection, InspectionLimits, inspect
from tests.factories import people
from tests.factories.pictures import whole_screen


def general_fields(**changes: Any) -> dict[str, Any]:
    """A complete 日常 report as form fields; a None removes a field."""
    fields = {
        "kind": "general",
        "institution": "高唐县杨屯乡张四屯卫生室",
        "description": "打开高血压随访表，填好后点保存，参数没有存上，刷新后内容没有了",
        "previous_system": "浪潮系统",
        "id_number": people.id_number(seed=11),
        "login_account": "zsttest01",
        "login_password": "Invented#Pass77",
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def his_fields(**changes: Any) -> dict[str, Any]:
    """A complete HIS report as form fields."""
    fields = {
        "kind": "his",
        "description": "住院病人出院结算时点确认，费用明细不一致，不能结算",
        "login_account": "histest02",
        "login_password": "Invented#Pass88",
        "patient_id_number": people.id_number(seed=22),
        "inpatient_number": "ZY20269417",
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


@functools.cache
def whole_screen_inspected() -> Inspection:
    """What the inspection says of the usual picture: to decode it for every report took a tenth of the run."""
    return inspect(whole_screen(), hint=None, limits=InspectionLimits())


def file_report(
    runtime: Runtime,
    kind: str = "general",
    channel: str = "yxt",
    picture: bytes | None = None,
    *,
    has_picture: bool = True,
    by: Actor | None = None,
    **changes: Any,
) -> Receipt:
    """File a report, complete but for its picture at most, through the service, as the pages and the API do.

    `by`: who took it for a clinic; None: the clinic itself.
    """
    fields = (general_fields if kind == "general" else his_fields)(**changes)
    values = {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
    key = values.pop("submission_key", [None])[0]
    inspection = inspect(picture, hint=None, limits=InspectionLimits()) if picture else whole_screen_inspected()
    draft = checked_report(
        kind_of(kind),
        Channel(channel),
        values,
        [picture_of("screenshots", inspection, True)] if has_picture else [],
        CheckContext.of(runtime.settings),
    )
    return filing.file_report(
        runtime,
        draft,
        by or clinic("127.0.0.1"),
        submission_key=key,
        new_pictures=[NewPicture("screenshots", inspection, True)] if has_picture else [],
    )
