"""The routes of the institution directory and the list of previous systems."""

from fastapi import APIRouter

from portal.pages.directory import importing, institutions, previous_systems, suggestions

router = APIRouter()
# Fixed paths below /institutions come before the path of a single institution.
for routes in (suggestions, importing, institutions, previous_systems):
    router.include_router(routes.router)
