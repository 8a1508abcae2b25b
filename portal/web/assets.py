"""Static files under `/static/<version>/…`, and under `/static/…` without a version."""

import os
import re

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from portal.web.middleware import YEAR
from portal.web.templating import is_of_version, static_version

_VERSIONED = re.compile(r"([0-9a-f]{12})/(.+)")


class StaticFolder(StaticFiles):
    """Only the addresses that pages name are cached for a year, and only while the file is the one of that version.

    A page opened before an update, or a server that still runs over new files, gets them without caching them.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        versioned = _VERSIONED.fullmatch(path)
        response = await super().get_response(versioned[2] if versioned else path, scope)
        if versioned is None or versioned[1] != static_version() or scope["query_string"]:
            response.headers["cache-control"] = "no-cache"
        return response

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = YEAR if is_of_version(full_path, stat_result) else "no-cache"
        return response
