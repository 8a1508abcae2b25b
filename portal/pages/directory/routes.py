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
from portal.web.routes import routes_of

# Fixed paths below /institutions come before the path of a single institution.
_PARTS = (suggestions, importing, keepers, contacts, institutions, previous_systems, modules, root_causes)
router = APIRouter(routes=routes_of(*(part.router for part in _PARTS)))
