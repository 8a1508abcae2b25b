"""The engineers' pages: queues, tickets, acts and reveals."""

from fastapi import APIRouter

from portal.pages.triage import acts, break_glass, contacts, picture_reasons, queue, reveals, screenshots, tickets

router = APIRouter()
for part in (queue, tickets, acts, reveals, break_glass, picture_reasons, screenshots, contacts):
    router.include_router(part.router)
