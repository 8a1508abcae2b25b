"""Asks for the password or code again, after a quiet time, before anything that opens doors (SECURITY D-4).

A route declares `Confirmed` after its form. Whoever was quiet gets a page that asks and sends the same form again; what
was secret in it is typed again, so that no page holds it.
"""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from portal.accounts import second_factor, sessions
from portal.accounts.guard import actor_of, signed_in
from portal.accounts.principal import Principal
from portal.errors import ConfirmationNeededError
from portal.runtime import runtime_of
from portal.web import csrf
from portal.web.body import PostedForm
from portal.web.csrf import Form, session_cookie
from portal.web.templating import render

FIELD = "confirmation"
_WRONG_PASSWORD = "密码不对。连续输错 5 次后需要等 15 分钟再试"  # noqa: S105
# Never sent back in a page: label of the box in which it is typed again.
_SECRETS = {
    "password": "新密码",
    "password_again": "再输入一次新密码",
    "old_password": "原密码",
    "code": "验证码",
}


class QuietError(ConfirmationNeededError):
    """A form that opens doors, from a browser that was quiet; carries what its page asks."""

    def __init__(self, principal: Principal, form: PostedForm, message: str = "") -> None:
        super().__init__(message or "您有一段时间没有操作，请再次验证身份后继续")
        self.principal, self.form, self.is_wrong = principal, form, bool(message)


def is_confirmed(request: Request, principal: Principal, form: PostedForm) -> bool:
    """Whether the person was active recently, or this form holds the right password or code.

    Raises:
        ConfirmationNeededError: it was wrong, or the person is locked out; counted and recorded.
    """
    answer = form.get(FIELD)
    if principal.is_confirmed or not answer:
        return principal.is_confirmed
    runtime, actor = runtime_of(request), actor_of(request, principal)
    if not sessions.confirm(runtime.database, runtime.vault, principal, session_cookie(request), answer, actor):
        raise ConfirmationNeededError(second_factor.WRONG_CODE if principal.has_second_factor else _WRONG_PASSWORD)
    return True


def asked_of(principal: Principal) -> str:
    """Which proof this person gives: `code` or `password`."""
    return "code" if principal.has_second_factor else "password"


def require_confirmed(request: Request, form: Form) -> None:
    """Raises QuietError, which becomes a page that asks."""
    principal: Principal = getattr(request.state, "principal", None) or signed_in(request)
    try:
        is_there = is_confirmed(request, principal, form)
    except ConfirmationNeededError as error:
        raise QuietError(principal, form, error.message) from error
    if not is_there:
        raise QuietError(principal, form)


Confirmed = Annotated[None, Depends(require_confirmed)]


def ask(request: Request, error: Exception) -> Response:
    """The page that asks; the exception handler of QuietError."""
    assert isinstance(error, QuietError)  # noqa: S101
    fields = [
        (name, value)
        for name in dict.fromkeys(error.form.names())
        if name not in (csrf.FIELD, FIELD, *_SECRETS)
        for value in error.form.all(name)
    ]
    return render(
        request,
        "account/confirming.html",
        error.status,
        message=error.message,
        is_wrong=error.is_wrong,
        asked=asked_of(error.principal),
        action=request.url.path,
        fields=fields,
        secrets=[(name, label) for name, label in _SECRETS.items() if error.form.get(name)],
    )
