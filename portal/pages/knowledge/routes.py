"""The routes of known issues, articles, phrases and word hints."""

from fastapi import APIRouter

from portal.pages.knowledge import articles, known_issues, phrases, word_hints
from portal.web.routes import routes_of

# A fixed path below /phrases comes before the path of a single phrase.
_PARTS = (known_issues, articles, word_hints, phrases)
router = APIRouter(routes=routes_of(*(part.router for part in _PARTS)))
