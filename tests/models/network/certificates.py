"""A certificate for tests, made by openssl, that nobody but them trusts."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, which are their own authority."""

    file: Path
    key: Path

    @property
    def serving(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def certificate_for(name: str, folder: Path) -> Certificate:
    """A certificate of the host `name` and of 127.0.0.1."""
    openssl = shutil.which("openssl") or pytest.skip("needs openssl, which makes certificates")
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -sha256".split()
    named = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"]
    files = ["-keyout", str(made.key), "-out", str(made.file)]
    subprocess.run([openssl, *options, *named, *files], check=True, capture_output=True, timeout=30)
    return made
