"""Re-authentication before a reveal in a browser that was idle (SECURITY D-4)."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.principal import Principal
from portal.errors import ConfirmationNeededError
from portal.pages.confirming import asked_of, is_confirmed
from portal.web.pages import problem

__all__ = ["asked_by_script", "asked_of", "is_confirmed"]


def asked_by_script(request: Request, principal: Principal, error: ConfirmationNeededError) -> JSONResponse:
    """The answer that makes the page's script ask in place, then repeat the request."""
    return problem(request, error.status, error.message, {"confirm": asked_of(principal)})
