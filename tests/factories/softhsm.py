"""A real PKCS#11 token for the tests: Debian's SoftHSM2 in a folder of its own."""

import os
import subprocess
from glob import glob
from pathlib import Path

from portal.vault.keyring import TokenAddress

PIN = "invented-pin"
MODULE = next(iter(glob("/usr/lib/*/softhsm/libsofthsm2.so") + glob("/usr/lib/softhsm/libsofthsm2.so")), "")


class SoftHsm:
    """Tokens by label; they can be pulled out and put back."""

    def __init__(self, folder: Path) -> None:
        self.tokens, self._pulled = folder / "tokens", folder / "pulled"
        self.config = folder / "softhsm2.conf"
        self.tokens.mkdir(parents=True)
        self.config.write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")

    def token(self, label: str) -> TokenAddress:
        """A new token that is ready for use."""
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "87654321", "--pin", PIN],
            env={**os.environ, **self.environ},
            check=True,
            capture_output=True,
        )
        return TokenAddress(MODULE, label, PIN)

    @property
    def environ(self) -> dict[str, str]:
        """For a process that uses it."""
        return {"SOFTHSM2_CONF": str(self.config)}

    def settings(self, label: str) -> dict[str, str]:
        """The environment of a portal whose keys are in the token."""
        return {
            **self.environ,
            "PORTAL_PKCS11_MODULE": MODULE,
            "PORTAL_PKCS11_TOKEN": label,
            "PORTAL_PKCS11_PIN": PIN,
        }

    def pull(self) -> None:
        """The tokens are gone."""
        self.tokens.rename(self._pulled)
        self.tokens.mkdir()

    def put_back(self) -> None:
        """The tokens are there again."""
        self.tokens.rmdir()
        self._pulled.rename(self.tokens)
