"""The routes of the known issues, phrases and word hints."""

from fastapi import APIRouter

from portal.pages.knowledge import known_issues, phrases, word_hints

router = APIRouter()
# A fixed path below /phrases comes before the path of a single phrase.
for routes in (known_issues, word_hints, phrases):
    router.include_router(routes.router)
