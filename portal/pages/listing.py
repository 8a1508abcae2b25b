"""The kit of every maintained list: read a form, add or change a row, show every fault, switch a row off.

A list (people, institutions, known issues, …) adds its own fields, service and templates.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import actor_of
from portal.accounts.principal import Principal
from portal.audit.actor import Actor
from portal.errors import ConflictError, Fault, InvalidError, PortalError, StaleRowError
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import Form

_SHOWN_AGAIN = (InvalidError.status, ConflictError.status)
Row = TypeVar("Row")
Shape = TypeVar("Shape", bound=Any)


class HasId(Protocol):
    @property
    def id(self) -> Any: ...


def typed(shape: type[Shape], form: PostedForm) -> Shape:
    """The posted texts, unchecked: a frozen dataclass of texts, and tuples of texts for fields that repeat.

    Only the fields that it names are read, so nothing else ever reaches a row (SECURITY F-4).
    """
    repeated = {field.name for field in fields(shape) if isinstance(field.default, tuple)}
    return shape(**{f.name: tuple(form.all(f.name)) if f.name in repeated else form.get(f.name) for f in fields(shape)})


def tried(
    request: Request,
    work: Callable[[Session], Row],
    done: Callable[[Row], Response],
    again: Callable[[PortalError], Response],
    faults: Sequence[Fault] = (),
) -> Response:
    """`work` in one transaction, then `done`; if it refuses, `again` shows the form with the posted values.

    Args:
        faults: found while the form was read; shown together with those that `work` finds, and undo it.
    """

    def whole(session: Session) -> Row:
        try:
            row = work(session)
        except InvalidError as error:
            raise InvalidError([*faults, *error.faults]) from error
        if faults:
            raise InvalidError(faults)
        return row

    try:
        row = runtime_of(request).database.run(whole)
    except PortalError as error:
        if error.status not in _SHOWN_AGAIN:
            raise
        return again(error)
    return done(row)


def faults_of(error: PortalError | None) -> Sequence[Fault]:
    """The single faults of an error; none if it is one sentence about the whole."""
    return error.faults if isinstance(error, InvalidError) else ()


def refusal_of(error: PortalError | None) -> str:
    """Why the whole was refused; empty if single faults say it."""
    return error.message if error and not isinstance(error, InvalidError) else ""


def same_password_faults(form: PostedForm) -> list[Fault]:
    """Whether the two entries of a new password differ."""
    if form.get("password") == form.get("password_again"):
        return []
    return [Fault("password_again", "invalid", "两次输入的密码不一样，请重新输入")]


def stored_beside(
    error: PortalError | None,
    stored: Shape,
    entered: Shape | None,
    labels: Mapping[str, str],
    words: Mapping[Any, str],
) -> list[tuple[str, str, str]]:
    """After a StaleRowError: label, stored and entered text of every field that differs.

    Args:
        words: the Chinese word of each value that is a choice.
    """
    if entered is None or not isinstance(error, StaleRowError):
        return []

    def shown(form: Shape, name: str) -> str:
        value = getattr(form, name)
        parts = value.strip().splitlines() if isinstance(value, str) else value
        return "、".join(words.get(part, part) for part in parts)

    rows = [(label, shown(stored, name), shown(entered, name)) for name, label in labels.items()]
    return [row for row in rows if row[1] != row[2]]


def back_to(page: str, what: str) -> Callable[[HasId], Response]:
    """Back to a list, naming the act and the row (`?done=` and `&which=`)."""
    return lambda row: RedirectResponse(f"{page}?done={what}&which={row.id}", 303)


def add_new(
    router: APIRouter,
    page: str,
    guard: Callable[[Request], Principal],
    add: Callable[[Session, Actor, str], HasId],
    again: Callable[[Request, PortalError, str], Response],
) -> None:
    """新增 to a list of names: `POST {page}`; `again` shows the page with the name that was refused."""

    @router.post(page)
    def add_name(request: Request, principal: Annotated[Principal, Depends(guard)], form: Form) -> Response:
        name, actor = form.get("name"), actor_of(request, principal)
        return tried(
            request,
            lambda session: add(session, actor, name),
            back_to(page, "added"),
            lambda error: again(request, error, name),
        )


def add_rename(
    router: APIRouter,
    page: str,
    guard: Callable[[Request], Principal],
    rename: Callable[[Session, Actor, uuid.UUID, str, int], HasId],
    again: Callable[[Request, PortalError, uuid.UUID, str], Response],
) -> None:
    """改名 in a list of names: `POST {page}/{row_id}/name`; `again` shows the page with row and name."""

    @router.post(f"{page}/{{row_id}}/name")
    def rename_row(
        request: Request, principal: Annotated[Principal, Depends(guard)], row_id: uuid.UUID, form: Form
    ) -> Response:
        name, actor, version = form.get("name"), actor_of(request, principal), form.number("version")
        return tried(
            request,
            lambda session: rename(session, actor, row_id, name, version),
            back_to(page, "changed"),
            lambda error: again(request, error, row_id, name),
        )


def add_rise(
    router: APIRouter,
    page: str,
    guard: Callable[[Request], Principal],
    move_up: Callable[[Session, Actor, uuid.UUID], HasId],
    again: Callable[[Request, PortalError, uuid.UUID], Response],
) -> None:
    """上移 in an ordered list: `POST {page}/{row_id}/rise`; `again` shows the page with the row."""

    @router.post(f"{page}/{{row_id}}/rise")
    def raise_row(
        request: Request, principal: Annotated[Principal, Depends(guard)], row_id: uuid.UUID, form: Form
    ) -> Response:
        actor = actor_of(request, principal)
        return tried(
            request,
            lambda session: move_up(session, actor, row_id),
            back_to(page, "changed"),
            lambda error: again(request, error, row_id),
        )


def add_switch(
    router: APIRouter,
    path: str,
    guard: Callable[[Request], Principal],
    set_active: Callable[[Session, Actor, uuid.UUID, bool], Row],
    done: Callable[[bool], Callable[[Row], Response]],
    again: Callable[[Request, uuid.UUID, PortalError], Response],
    before: Callable[..., None] = lambda: None,
) -> None:
    """停用 and 启用: `POST {path}/disable` and `POST {path}/enable`, where `path` ends with `{row_id}`.

    `before` is a dependency that may refuse, after the guard and the form.
    """
    Before = Annotated[None, Depends(before)]

    def switched(request: Request, principal: Principal, row_id: uuid.UUID, is_active: bool) -> Response:
        actor = actor_of(request, principal)
        return tried(
            request,
            lambda session: set_active(session, actor, row_id, is_active),
            done(is_active),
            lambda error: again(request, row_id, error),
        )

    @router.post(f"{path}/disable")
    def disable(
        request: Request, principal: Annotated[Principal, Depends(guard)], row_id: uuid.UUID, form: Form, ready: Before
    ) -> Response:
        return switched(request, principal, row_id, False)

    @router.post(f"{path}/enable")
    def enable(
        request: Request, principal: Annotated[Principal, Depends(guard)], row_id: uuid.UUID, form: Form, ready: Before
    ) -> Response:
        return switched(request, principal, row_id, True)
