"""Static files under `/static/<version>/…`, and under `/static/…` without a version."""

import re

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from portal.web.middleware import YEAR
from portal.web.templating import static_version

_VERSIONED = re.compile(r"([0-9a-f]{12})/(.+)")


class StaticFolder(StaticFiles):
    """Only the current version's addresses are cached for a year: a page opened before an update names the version
    before, and gets the current file without caching it under that name.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        versioned = _VERSIONED.fullmatch(path)
        response = await super().get_response(versioned[2] if versioned else path, scope)
        is_current = versioned is not None and versioned[1] == static_version()
        response.headers["cache-control"] = YEAR if is_current else "no-cache"
        return response
