"""Desk pages: reports taken for others, links for what is missing."""

from fastapi import APIRouter

from portal.pages.desk import filing, supplement_links

router = APIRouter()
for part in (filing, supplement_links):
    router.include_router(part.router)
