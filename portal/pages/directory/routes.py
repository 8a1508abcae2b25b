"""The routes of the institution directory and the lists of previous systems, modules and causes."""

from fastapi import APIRouter

from portal.pages.directory import (
    contacts,
    importing,
    institutions,
    keepers,
    modules,
    previous_systems,
    root_causes,
    suggestions,
)

router = APIRouter()
# Fixed paths below /institutions come before the path of a single institution.
for routes in (suggestions, importing, keepers, contacts, institutions, previous_systems, modules, root_causes):
    router.include_router(routes.router)
