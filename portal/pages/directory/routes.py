"""The routes of the institution directory and the list of previous systems."""

from fastapi import APIRouter

from portal.pages.directory import contacts, importing, institutions, keepers, previous_systems, suggestions

router = APIRouter()
# Fixed paths below /institutions come before the path of a single institution.
for routes in (suggestions, importing, keepers, contacts, institutions, previous_systems):
    router.include_router(routes.router)
