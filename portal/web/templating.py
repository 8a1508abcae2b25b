"""Renders pages: one Jinja environment, autoescaped, with hashed addresses for static files."""

import hashlib
import os
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from portal import clock
from portal.settings import data_folder
from portal.web import context, csrf, shown_text


def environment() -> Environment:
    """The Jinja environment of the portal's pages."""
    made = Environment(
        loader=FileSystemLoader(data_folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown_text.shown,
        extensions=[shown_text.EditedText],
    )
    made.globals["static_url"] = static_url
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}  # unescaped: shorter
    made.filters.update(
        clinic_time=clock.clinic_time, staff_time=clock.staff_time, iso_time=iso_time, edited=shown_text.edited
    )
    return made


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """An HTML page. `values` are added to those of every page: principal, csrf_token, request_path, support_phone,
    help_channels and staff_header, which reads the counts when a page has that header.
    """
    common: dict[str, Any] = {
        "principal": getattr(request.state, "principal", None),
        "csrf_token": csrf.token(request),
        "request_path": request.url.path,
        "support_phone": context.parts_of(request).settings.support_phone,
        "help_channels": context.parts_of(request).settings.help_channels,
        "faults": [],
        "is_without_cookies": csrf.is_without_cookies(request),
        "staff_header": partial(context.parts_of(request).staff_header, request),
    }
    page = context.parts_of(request).templates.get_template(template).render(common | values)
    response = HTMLResponse(page, status)
    context.remember_visitor(request, response)
    return response


def static_url(path: str) -> str:
    """`/static/<version>/<path>`: cached by browsers for a year. Scripts import one another by relative addresses,
    which keep the version of the page that named the first.
    """
    return f"/static/{static_version()}/{path}"


def static_version() -> str:
    """Twelve hex digits that change with any static file."""
    return _static_files()[0]


def is_of_version(path: str | os.PathLike[str], status: os.stat_result) -> bool:
    """Whether the file has not been replaced since the version was computed."""
    return _static_files()[1].get(os.path.realpath(path)) == _identity(status)


@lru_cache
def _static_files() -> tuple[str, dict[str, tuple[int, ...]]]:
    folder, digest, identities = data_folder("static"), hashlib.sha256(), {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            identities[os.path.realpath(path)] = _identity(os.fstat(file.fileno()))
            content = hashlib.sha256(file.read()).digest()
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12], identities


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def iso_time(moment: datetime) -> str:
    """For machines: `datetime` attributes and the JSON API."""
    return clock.in_china(moment).isoformat(timespec="seconds")
