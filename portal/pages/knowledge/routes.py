"""The routes of known issues, articles, phrases and word hints."""

from fastapi import APIRouter

from portal.pages.knowledge import articles, known_issues, phrases, word_hints

router = APIRouter()
# A fixed path below /phrases comes before the path of a single phrase.
for routes in (known_issues, articles, word_hints, phrases):
    router.include_router(routes.router)
