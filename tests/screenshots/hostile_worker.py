"""Inspects every hostile file in a process of its own, and prints what each cost and what was said, as JSON."""

import io
import json
import resource
import time

from PIL import Image

from portal.screenshots.inspection import InspectionLimits, inspect
from tests.factories.hostile_pictures import files


def main() -> None:
    samples = list(files())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answers = []
    for name, data in samples:
        began = time.thread_time()
        found = inspect(data, hint=None, limits=InspectionLimits())
        answer = {"name": name, "seconds": time.thread_time() - began, "verdict": found.verdict.value}
        answers.append(answer | {"code": found.code, "message": found.message, "opens": opens(found.content)})
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"answers": answers, "grown_kilobytes": grown}))


def opens(content: bytes | None) -> bool | None:
    if content is None:
        return None
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
    return True


if __name__ == "__main__":
    main()
