"""The engineers' pages: queues, tickets, acts and reveals."""

from fastapi import APIRouter

from portal.pages.triage import (
    acts,
    alerts,
    at_work,
    break_glass,
    contacts,
    handover,
    news,
    picture_reasons,
    queue,
    reassigning,
    reveals,
    screenshots,
    tickets,
)
from portal.web.routes import routes_of

_PARTS = (
    queue, news, reassigning, handover, tickets, acts, alerts, at_work, reveals, break_glass, picture_reasons,
    screenshots, contacts,
)  # fmt: skip
router = APIRouter(routes=routes_of(*(part.router for part in _PARTS)))
