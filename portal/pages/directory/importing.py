"""导入机构: choose a file, preview the result line by line, then confirm. Nothing is written before (UX 7.3)."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import ConflictError, Fault, PortalError
from portal.institutions import importing, spreadsheet
from portal.institutions.importing import PREVIEW_MINUTES, Plan
from portal.runtime import runtime_of
from portal.web.csrf import Form, UploadForm
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_DIRECTORY))]

# Nobody reads a page of twenty thousand lines; the counts include them all.
_MOST_SHOWN = 200


@router.get("/institutions/import")
def choose_file(request: Request, keeper: Keeper) -> Response:
    return _file_page(request)


@router.post("/institutions/import")
def take_file(request: Request, keeper: Keeper, form: UploadForm) -> Response:
    """Stages the rows of the file for an hour and redirects to the preview."""
    uploads = form.files("table")
    if not uploads:
        return _file_page(request, "请先选择文件", 422)
    try:
        rows = importing.rows_of(uploads[0].content)
    except spreadsheet.TableError as error:
        return _file_page(request, error.message, error.status)
    with runtime_of(request).database.transaction() as session:
        staged = importing.stage(session, actor_of(request, keeper), uploads[0].filename, rows)
    return RedirectResponse(f"/institutions/imports/{staged.id}", 303)


@router.get("/institutions/imports/{import_id}")
def show_preview(request: Request, keeper: Keeper, import_id: uuid.UUID) -> Response:
    return _preview(request, keeper, import_id)


@router.post("/institutions/imports/{import_id}")
def confirm_import(request: Request, keeper: Keeper, import_id: uuid.UUID, form: Form) -> Response:
    """Writes exactly the previewed changes; a second submission writes nothing."""
    try:
        importing.confirm(runtime_of(request).database, actor_of(request, keeper), import_id, form.get("digest"))
    except ConflictError as error:
        return _preview(request, keeper, import_id, error)
    return RedirectResponse(f"/institutions/imports/{import_id}", 303)


@router.get("/institutions/template")
def template(request: Request, keeper: Keeper) -> Response:
    """A CSV with the header and two sample lines."""
    headers = {"content-disposition": 'attachment; filename="institutions.csv"'}
    return Response(spreadsheet.csv_file(importing.TEMPLATE), media_type="text/csv; charset=utf-8", headers=headers)


def _file_page(request: Request, fault: str = "", status: int = 200) -> Response:
    faults = [Fault("table", "invalid", fault)] if fault else []
    return render(
        request, "directory/institution_import.html", status, faults=faults, columns=importing.TEMPLATE[0],
        samples=importing.TEMPLATE[1:], most_rows=spreadsheet.MOST_ROWS,
    )  # fmt: skip


def _preview(request: Request, keeper: Principal, import_id: uuid.UUID, error: PortalError | None = None) -> Response:
    with runtime_of(request).database.read() as session:
        staged = importing.staged_import(session, actor_of(request, keeper), import_id)
        plan = importing.plan_of(session, importing.staged_lines(staged)) if staged.applied_at is None else Plan([])
    return render(
        request,
        "directory/institution_preview.html",
        error.status if error else 200,
        staged=staged,
        plan=plan,
        counts=staged.result or plan.counts,
        most_shown=_MOST_SHOWN,
        preview_minutes=PREVIEW_MINUTES,
        problem=error.message if error else "",
    )
