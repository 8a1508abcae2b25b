"""Reports taken for others, and supplement links."""

from fastapi import APIRouter

from portal.pages.desk import availability, filing, supplement_links, supplementing

router = APIRouter()
for routes in (availability, filing, supplement_links, supplementing):
    router.include_router(routes.router)
