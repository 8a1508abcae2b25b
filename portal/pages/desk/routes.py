"""Reports taken for others, supplement links, and the day of whoever works here."""

from fastapi import APIRouter

from portal.pages.desk import filing, supplement_links, supplementing, today

router = APIRouter()
for routes in (filing, supplement_links, supplementing, today):
    router.include_router(routes.router)
