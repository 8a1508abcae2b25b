"""Asks who is there before something is shown to a browser that was quiet for long (SECURITY D-4)."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts import second_factor, sessions
from portal.accounts.guard import actor_of
from portal.accounts.principal import Principal
from portal.errors import ConfirmationNeededError
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import session_cookie
from portal.web.pages import problem

FIELD = "confirmation"
_WRONG_PASSWORD = "密码不对。连续输错 5 次后需要等 15 分钟再试"  # noqa: S105


def is_confirmed(request: Request, principal: Principal, form: PostedForm) -> bool:
    """Whether the person was here a moment ago, or has given the right password or code with this form.

    Raises:
        ConfirmationNeededError: it was wrong, or the person is locked out; counted and recorded.
    """
    answer = form.get(FIELD)
    if principal.is_confirmed or not answer:
        return principal.is_confirmed
    runtime, actor = runtime_of(request), actor_of(request, principal)
    if not sessions.confirm(runtime.database, runtime.vault, principal, session_cookie(request), answer, actor):
        wrong = second_factor.WRONG_CODE if principal.has_second_factor else _WRONG_PASSWORD
        raise ConfirmationNeededError(wrong)
    return True


def asked_of(principal: Principal) -> str:
    """What this person proves themselves with: `code` or `password`."""
    return "code" if principal.has_second_factor else "password"


def asked_by_script(request: Request, principal: Principal, error: ConfirmationNeededError) -> JSONResponse:
    """The answer that makes the page's script ask in place, and send again what was typed."""
    return problem(request, error.status, error.message, {"confirm": asked_of(principal)})
