"""Reports taken for others, supplement links, who is there, and the leads' board."""

from fastapi import APIRouter

from portal.pages.desk import availability, board, filing, supplement_links, supplementing

router = APIRouter()
for routes in (availability, board, filing, supplement_links, supplementing):
    router.include_router(routes.router)
