"""Sign-in through the organisation's OpenID provider."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from portal.accounts import external
from portal.accounts.external import SignInRefusal, Trip
from portal.accounts.guard import public
from portal.accounts.id_token import TokenRefusedError
from portal.accounts.oidc import RETURN_PATH, Provider, ProviderUnavailableError
from portal.errors import NotFoundError
from portal.pages.account.cookies import TRIP_COOKIE, trip_cookie, visitor_actor
from portal.pages.account.sign_in_flow import continue_sign_in, safe_next, sign_in_form
from portal.runtime import runtime_of
from portal.web import context
from portal.web.csrf import PublicForm, session_cookie
from portal.web.templating import render

router = APIRouter()


@router.post("/sign-in/oidc", dependencies=[Depends(public)])
def redirect_to_provider(request: Request, form: PublicForm) -> Response:
    """Sends the browser to the provider and ties the flow to it with a cookie.

    Uses a page with a Refresh header: the policy's `form-action 'self'` would block a redirect.
    """
    provider = _provider(request)
    target = safe_next(form.get("next"))
    trip = external.start_trip(runtime_of(request).database, context.client_address(request), target)
    try:
        address = provider.address(trip)
    except ProviderUnavailableError as error:
        return _unavailable(request, error, target)
    label = runtime_of(request).settings.oidc_label
    response = render(request, "account/departure.html", address=address, label=label)
    response.headers["refresh"] = f"0; url={address}"
    context.set_cookie(request, response, TRIP_COOKIE, trip.secret, max_age=external.TRIP_MINUTES * 60)
    return response


@router.get(RETURN_PATH, dependencies=[Depends(public)])
def return_from_provider(request: Request, code: str = "", state: str = "", iss: str = "") -> Response:
    """The only GET that signs in: the protocol redirects the browser here.

    Instead of a form token, the request is protected by this browser's cookie with its single-use state, by the nonce
    in the ID token, and by PKCE (SECURITY E-1, E-11).
    """
    provider, database, origin = _provider(request), runtime_of(request).database, visitor_actor(request)
    trip = Trip(trip_cookie(request))
    target = external.finish_trip(database, trip, state, origin)
    if target is None:
        return sign_in_form(request, "", 400, problem="not_done")
    response = _signed_in(request, provider, trip, code, iss, target)
    context.delete_cookie(request, response, TRIP_COOKIE)
    return response


def _signed_in(request: Request, provider: Provider, trip: Trip, code: str, iss: str, target: str) -> Response:
    database, origin = runtime_of(request).database, visitor_actor(request)
    if not code:  # cancelled or refused; the provider's reason is not shown
        external.refuse(database, origin, SignInRefusal.NOT_DONE)
        return sign_in_form(request, target, 400, problem="not_done")
    try:
        subject = provider.subject(code, iss, trip)
    except TokenRefusedError as error:
        provider.log_refusal(context.request_id(request), error)
        external.refuse(database, origin, SignInRefusal.BAD_ANSWER)
        return sign_in_form(request, target, 400, problem="not_done")
    except ProviderUnavailableError as error:
        return _unavailable(request, error, target)
    result = external.sign_in(database, provider.issuer, subject, origin, session_cookie(request))
    if result is SignInRefusal.UNLINKED:
        label = runtime_of(request).settings.oidc_label
        return render(request, "account/unlinked.html", 403, subject=subject, label=label)
    if isinstance(result, SignInRefusal):
        return sign_in_form(request, target, 422, problem="closed")
    return continue_sign_in(request, *result, target)


def _unavailable(request: Request, error: ProviderUnavailableError, target: str) -> Response:
    if "application/json" in request.headers.get("accept", ""):
        raise error
    response = sign_in_form(request, target, error.status, problem="unavailable")
    response.headers["retry-after"] = "10"
    return response


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise NotFoundError
    return provider
