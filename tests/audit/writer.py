"""`python -m tests.audit.writer SETTINGS.json COUNT`: a process that records COUNT events one by one."""

import json
import sys
from pathlib import Path

from portal.assembly import make_runtime
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.settings import load_settings

if __name__ == "__main__":
    runtime = make_runtime(load_settings(json.loads(Path(sys.argv[1]).read_text())))
    for _ in range(int(sys.argv[2])):
        with runtime.database.transaction() as session:
            trail.record(session, Tag.TICKET_VIEWED, Actor("alice", "engineer"), ticket_number="RC2026110001")
