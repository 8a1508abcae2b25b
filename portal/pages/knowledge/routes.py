"""The routes of known issues and articles."""

from fastapi import APIRouter

from portal.pages.knowledge import articles, known_issues

router = APIRouter()
for routes in (known_issues, articles):
    router.include_router(routes.router)
