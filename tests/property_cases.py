"""How many random cases a property test tries: 2,000 in the gate; `PROPERTY_CASES=100000` for a night.

In the gate Hypothesis tries the same examples each time: what it finds at night becomes an example of its test.
"""

import os

from hypothesis import settings

PROPERTY_CASES = int(os.environ.get("PROPERTY_CASES", "2000"))

settings.register_profile("gate", derandomize=True)
settings.register_profile("night", derandomize=False)


def choose_profile() -> None:
    settings.load_profile("night" if "PROPERTY_CASES" in os.environ else "gate")
