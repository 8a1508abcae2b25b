"""Desk pages: reports taken for others, the directory, known issues."""

from fastapi import APIRouter

from portal.desk import (
    filing_routes,
    import_routes,
    institution_routes,
    known_issue_routes,
    link_routes,
    previous_system_routes,
    print_routes,
    suggestion_routes,
)

router = APIRouter()
# The fixed addresses below /institutions come before those of single ones.
for routes in (
    suggestion_routes,
    import_routes,
    institution_routes,
    previous_system_routes,
    known_issue_routes,
    filing_routes,
    link_routes,
    print_routes,
):
    router.include_router(routes.router)
