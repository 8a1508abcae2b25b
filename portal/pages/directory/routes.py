"""The directory of institutions and the list of previous systems."""

from fastapi import APIRouter

from portal.pages.directory import importing, institutions, previous_systems, suggestions

router = APIRouter()
# The fixed addresses below /institutions come before those of single ones.
for routes in (suggestions, importing, institutions, previous_systems):
    router.include_router(routes.router)
