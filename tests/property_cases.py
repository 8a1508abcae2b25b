"""How many random cases a property test tries: 2,000 in the gate; `PROPERTY_CASES=100000` for a night."""

import os

PROPERTY_CASES = int(os.environ.get("PROPERTY_CASES", "2000"))
