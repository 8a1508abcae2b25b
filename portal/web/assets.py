"""Static files under `/static/<version>/…`, and under `/static/…` for whoever names no version."""

import re

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from portal.web.middleware import YEAR
from portal.web.templating import static_version

_VERSIONED = re.compile(r"([0-9a-f]{12})/(.+)")


class StaticFolder(StaticFiles):
    """Only an address of this very version is kept for a year: a page that was open during an update names the version
    before, and gets today's file without keeping it under that name."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer for a path below the mount."""
        versioned = _VERSIONED.fullmatch(path)
        response = await super().get_response(versioned[2] if versioned else path, scope)
        is_current = versioned is not None and versioned[1] == static_version()
        response.headers["cache-control"] = YEAR if is_current else "no-cache"
        return response
