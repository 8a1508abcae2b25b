"""Reports taken for others, supplement links, and the leads' board."""

from fastapi import APIRouter

from portal.pages.desk import board, filing, supplement_links, supplementing

router = APIRouter()
for routes in (board, filing, supplement_links, supplementing):
    router.include_router(routes.router)
