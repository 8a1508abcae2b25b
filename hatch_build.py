"""Puts a list of all parts (CycloneDX SBOM) into the wheel, from the locked dependencies (SECURITY I-11, PEP 770)."""

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAME = "yixiantong-portal.cdx.json"
_PART = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)([^\n]*(?:\n +--hash=[^\n]*)*)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class SbomHook(BuildHookInterface):
    """Writes the file for the time of the build."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self.folder = Path(tempfile.mkdtemp())
        lock = (Path(self.root) / "requirements.lock").read_text(encoding="utf-8")
        (self.folder / NAME).write_text(json.dumps(sbom(self.metadata.version, lock), indent=1), encoding="utf-8")
        build_data["sbom_files"].append(str(self.folder / NAME))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def sbom(version: str, lock: str) -> dict[str, Any]:
    """Every locked distribution with its version and the hashes that it may have; the same lock gives the same list."""
    parts = [_part(name, release, rest) for name, release, rest in _PART.findall(lock)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "yixiantong-portal", "version": version}},
        "components": sorted(parts, key=lambda part: part["name"]),
    }


def _part(name: str, release: str, rest: str) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": content} for content in sorted(_HASH.findall(rest))]
    address = f"pkg:pypi/{name.lower()}@{release}"
    return {
        "type": "library",
        "bom-ref": f"{name}@{release}",
        "name": name,
        "version": release,
        "purl": address,
        "externalReferences": [{"type": "distribution", "url": address, "hashes": hashes}],
    }
