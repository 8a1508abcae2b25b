"""Rows of the trail as a file: masked CSV for people, JSON Lines for machines, both with their proof."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from portal import clock
from portal.accounts.guard import actor_of
from portal.accounts.principal import Principal
from portal.audit import extract, trail
from portal.audit import queries as trail_queries
from portal.audit.models import AuditEvent
from portal.audit.queries import TrailFilter
from portal.audit.tags import Tag
from portal.audit.trail import Particular
from portal.disclosure.reasons import kept_reason
from portal.errors import Fault, InvalidError
from portal.pages.review import views
from portal.pages.review.views import EventView
from portal.runtime import Runtime, runtime_of
from portal.web.body import PostedForm

FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
_BATCH = 1000
MISSING_REASON = "请写明导出的事由"
HEADINGS = (
    "序号", "时间", "人员", "登录名", "角色", "地址", "操作", "受理编号", "项目", "原因", "说明", "结果", "校验值",
)  # fmt: skip


def file_of(
    request: Request,
    lead: Principal,
    wanted: TrailFilter,
    form: PostedForm,
    about: Mapping[str, Particular],
    value_index: str | None = None,
) -> Response:
    """The file of all matching rows; the row of the export is committed before its first byte.

    Args:
        about: what was exported, for that row.

    Raises:
        InvalidError: no reason, or no such format.
    """
    form_of = form.get("format")
    reason = kept_reason(form.get("reason"), missing=MISSING_REASON)
    if form_of not in FORMATS:
        raise InvalidError([Fault("format", "required", "请选择文件格式")])
    runtime, actor = runtime_of(request), actor_of(request, lead)
    with runtime.database.transaction() as session:
        rows = trail_queries.count(session, wanted)
        told = {"format": form_of, "rows": rows, **about}
        trail.record(session, Tag.AUDIT_EXPORTED, actor, reason=reason, particulars=told, value_index=value_index)
    name = f"审计记录 {clock.china_today():%Y-%m-%d} {lead.username}.{form_of}"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store, private",
    }  # fmt: skip
    return StreamingResponse(_lines(runtime, wanted, form_of), media_type=FORMATS[form_of], headers=headers)


def _lines(runtime: Runtime, wanted: TrailFilter, form_of: str) -> Iterator[bytes]:
    signer = runtime.checkpoints.signer
    with runtime.database.read() as session:
        head, names = extract.head_of(session), views.people(session)
    events = _events(runtime, wanted, head.seq)
    if form_of == "jsonl":
        return extract.as_json_lines(events, head, signer)
    rows = (_cells(views.in_words(event, names), event.row_hash) for event in events)
    return extract.as_csv(HEADINGS, rows, head, signer)


def _events(runtime: Runtime, wanted: TrailFilter, until: int) -> Iterator[AuditEvent]:
    """Oldest first, in constant memory; no transaction stays open while the browser reads."""
    last = 0
    while True:
        with runtime.database.read() as session:
            events = trail_queries.after(session, wanted, last, until, _BATCH)
        yield from events
        if len(events) < _BATCH:
            return
        last = events[-1].seq


def _cells(shown: EventView, row_hash: str) -> list[str]:
    return [
        str(shown.seq), shown.when, shown.who, shown.username, shown.role, shown.address, shown.action,
        shown.ticket_number, shown.field, shown.reason, shown.detail, shown.result, row_hash,
    ]  # fmt: skip
