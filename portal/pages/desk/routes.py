"""Reports taken for others, supplement links, the day of whoever works here, who is there, and the leads' board."""

from fastapi import APIRouter

from portal.pages.desk import (
    availability,
    board,
    call_backs,
    campaigns,
    complaints,
    day_end,
    filing,
    supplement_links,
    supplementing,
    today,
)
from portal.web.routes import routes_of

_PARTS = (
    today, availability, board, call_backs, campaigns, complaints, day_end, filing, supplement_links, supplementing,
)  # fmt: skip
router = APIRouter(routes=routes_of(*(part.router for part in _PARTS)))
