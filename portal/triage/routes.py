"""The engineers' pages: queues, tickets, what is done with them, and what is looked at."""

from fastapi import APIRouter

from portal.triage import (
    act_routes,
    break_glass_routes,
    contact_routes,
    picture_routes,
    queue_routes,
    sight_routes,
    ticket_routes,
)

router = APIRouter()
for part in (queue_routes, ticket_routes, act_routes, sight_routes, break_glass_routes, picture_routes, contact_routes):
    router.include_router(part.router)
