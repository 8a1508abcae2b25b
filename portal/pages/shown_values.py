"""A value in clear for a minute: what every reveal in a browser has in common (SECURITY D-4)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.disclosure.disclose import SHOWN_FOR, Revealed
from portal.web.templating import iso_time

SECONDS = int(SHOWN_FOR.total_seconds())


def hidden_after(page: Response, address: str) -> Response:
    """The page leaves for this address when the minute is over, without any script."""
    page.headers["Refresh"] = f"{SECONDS};url={address}"
    return page


def is_for_script(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def for_script(shown: Revealed) -> JSONResponse:
    """The same for the script of a page that shows it in its place."""
    facts = {"value": shown.value, "label": shown.label, "expires_at": iso_time(shown.expires_at)}
    return JSONResponse(facts, headers={"Cache-Control": "no-store, private"})
