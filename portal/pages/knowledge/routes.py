"""The routes of the known issues."""

from fastapi import APIRouter

from portal.pages.knowledge import known_issues

router = APIRouter()
for routes in (known_issues,):
    router.include_router(routes.router)
