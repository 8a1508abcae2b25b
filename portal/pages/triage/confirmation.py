"""Re-authentication before a reveal in a browser that was idle (SECURITY D-4)."""

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
    """Whether the person was active recently, or this form holds the right password or code.

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
    """Which proof this person gives: `code` or `password`."""
    return "code" if principal.has_second_factor else "password"


def asked_by_script(request: Request, principal: Principal, error: ConfirmationNeededError) -> JSONResponse:
    """The answer that makes the page's script ask in place, then repeat the request."""
    return problem(request, error.status, error.message, {"confirm": asked_of(principal)})
