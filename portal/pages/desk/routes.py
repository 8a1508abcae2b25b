"""Desk pages: reports taken for others, the directory, known issues."""

from fastapi import APIRouter

from portal.pages.clinic import blank_form
from portal.pages.desk import filing, supplement_links
from portal.pages.directory import importing, institutions, previous_systems, suggestions
from portal.pages.knowledge import known_issues

router = APIRouter()
# The fixed addresses below /institutions come before those of single ones.
for routes in (
    suggestions,
    importing,
    institutions,
    previous_systems,
    known_issues,
    filing,
    supplement_links,
    blank_form,
):
    router.include_router(routes.router)
