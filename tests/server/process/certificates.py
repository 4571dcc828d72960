"""Certificates for tests, made by the `openssl` command; tests that use them are skipped where there is none."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def openssl(*arguments: str | Path) -> None:
    """Run `openssl`; skips the test where it is missing."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl, which makes the certificates, is not installed")
    subprocess.run(
        [program, *map(str, arguments)], check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )


def made(folder: Path, name: str = "site", days: int = 30) -> tuple[Path, Path]:
    """A certificate for this machine, and its key."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    openssl("req", "-x509", *kind, *names, "-days", str(days), "-keyout", key, "-out", certificate)
    return certificate, key
