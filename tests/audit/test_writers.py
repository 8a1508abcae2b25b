"""Several processes write one chain, without a gap, and share the file of checkpoints (SECURITY D-10)."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from portal.audit.models import AuditEvent

ROOT = Path(__file__).parent.parent.parent
PROCESSES, EACH = 4, 200


def test_four_processes_make_one_chain(portal, tmp_path):
    folder = portal.settings.data_dir
    environ = {
        "PORTAL_DATA_DIR": str(folder),
        "PORTAL_UPLOADS": str(folder / "uploads"),
        "PORTAL_DATABASE_URL": portal.settings.database_url,
    }
    given = tmp_path / "settings.json"
    given.write_text(json.dumps(environ))
    command = [sys.executable, "-m", "tests.audit.writer", str(given), str(EACH)]
    with portal.runtime.database.read() as session:
        before = session.scalar(select(func.max(AuditEvent.seq)))
    writers = [
        subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        for _ in range(PROCESSES)
    ]
    while any(writer.poll() is None for writer in writers):
        assert portal.runtime.checkpoints.verify().is_whole  # also while others write
        time.sleep(0.5)
    assert [writer.returncode for writer in writers] == [0] * PROCESSES

    proof = portal.runtime.checkpoints.verify()
    assert (proof.is_whole, proof.count) == (True, before + PROCESSES * EACH)
    assert proof.checkpoints == 1 + PROCESSES
    with portal.runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == proof.count
        assert session.scalar(select(func.max(AuditEvent.seq))) == proof.count
