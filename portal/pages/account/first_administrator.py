"""/setup: the first administrator, with the code that the console shows, as long as there is none."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from portal.accounts import limiter, sessions, users
from portal.accounts.guard import public
from portal.accounts.limiter import RateLimit
from portal.accounts.passwords import password_help
from portal.accounts.user_checks import USERNAME_HELP
from portal.errors import Fault, InvalidError, NotFoundError, TooManyRequestsError
from portal.pages.account.cookies import redirect_with_session, visitor_actor
from portal.pages.account.sign_in_flow import next_page
from portal.pages.listing import same_password_faults
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import PublicForm
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)])

SETUP_LIMIT = RateLimit("setup-code", most=10, minutes=15, is_lock=True)


@router.get("/setup")
def setup_page(request: Request) -> Response:
    """404 once there is an administrator."""
    _require_setup(request)
    return _form(request)


@router.post("/setup")
def setup(request: Request, form: PublicForm) -> Response:
    """Create the first administrator with the one-time code and sign them in (SECURITY E-8)."""
    _require_setup(request)
    runtime, origin = runtime_of(request), visitor_actor(request)
    with runtime.database.transaction() as session:
        tries = limiter.count(session, SETUP_LIMIT, origin.address)
    if tries > SETUP_LIMIT.most:
        raise TooManyRequestsError("尝试次数过多，请 15 分钟后再试", SETUP_LIMIT.minutes * 60)
    try:
        with runtime.database.transaction() as session:
            user = users.use_setup_code(
                session,
                origin,
                form.get("code"),
                username=form.get("username"),
                password=form.get("password"),
                policy=runtime.settings.password_policy,
                also=same_password_faults(form),
            )
            limiter.clear(session, SETUP_LIMIT, origin.address)
            cookie, principal = sessions.start(session, user, origin)
    except InvalidError as error:
        return _form(request, form, error.faults, error.status)
    return redirect_with_session(request, cookie, next_page(request, principal), principal.user_id)


def _form(
    request: Request, form: PostedForm | None = None, faults: Sequence[Fault] = (), status: int = 200
) -> Response:
    """The code stays in its box, unless it was wrong itself."""
    wrong = {fault.field for fault in faults}
    return render(
        request,
        "account/setup.html",
        status,
        username=form.get("username") if form else "",
        code=form.get("code") if form and "code" not in wrong else "",
        faults=faults,
        password_help=password_help(runtime_of(request).settings.password_policy),
        username_help=USERNAME_HELP,
    )


def _require_setup(request: Request) -> None:
    with runtime_of(request).database.read() as session:
        if not users.is_setup_open(session):
            raise NotFoundError
