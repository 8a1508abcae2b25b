"""The pages of the directory: institutions, their import, previous systems."""

from fastapi import APIRouter

from portal.pages.directory import importing, institutions, previous_systems, suggestions

router = APIRouter()
# The fixed addresses below /institutions come before those of single ones.
for part in (suggestions, importing, institutions, previous_systems):
    router.include_router(part.router)
