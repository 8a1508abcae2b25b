"""The engineers' pages: queues, tickets, acts and reveals."""

from fastapi import APIRouter

from portal.pages.triage import (
    acts,
    at_work,
    break_glass,
    contacts,
    news,
    queue,
    reassigning,
    reveals,
    screenshots,
    tickets,
)

router = APIRouter()
for part in (queue, news, reassigning, tickets, acts, at_work, reveals, break_glass, screenshots, contacts):
    router.include_router(part.router)
