"""The certificate and its key, read before an address is announced; each mistake with them in a sentence of its own.

OpenSSL's words for nearly all of them are "PEM lib", and for an encrypted key it would ask a terminal that a server has not.
"""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import SettingError
from server.settings.serving import ServerSettings

CERTIFICATE, KEY = "ssl_certfile (KAIKOU_SSL_CERTFILE)", "ssl_keyfile (KAIKOU_SSL_KEYFILE)"

FILE_LIMIT = 1_000_000
"""Bytes; a chain has some thousands."""

BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
CERTIFICATES = {b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"}
KEYS = {b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY"}
FIRST_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

VALIDITY = re.compile(rb"\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z")
"""Dates in a certificate, as ASN.1's UTCTime and GeneralizedTime; its validity comes before all others."""


def tls_of(server: ServerSettings) -> ssl.SSLContext | None:
    """What the server speaks TLS with; None where it speaks none. Raises `SettingError`, which names the setting."""
    certificate, key = server.ssl_certfile, server.ssl_keyfile
    if certificate is None:
        if key is not None:
            raise SettingError(f"{KEY} is set without {CERTIFICATE}: set both, or neither for http.")
        return None
    in_certificate = _blocks(CERTIFICATE, certificate)
    in_key = in_certificate if key is None else _blocks(KEY, key)
    _check(certificate, in_certificate, key, in_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, _no_password)
    except (ssl.SSLError, OSError) as error:
        raise SettingError(_refused(certificate, key or certificate, error)) from None
    return context


def out_of_date(certificate: Path, now: datetime | None = None) -> str:
    """A sentence where the certificate is not valid now, which browsers refuse; else empty."""
    now = now or datetime.now(UTC)
    try:
        found = FIRST_CERTIFICATE.search(certificate.read_text("ascii", "replace"))
        dates = VALIDITY.findall(ssl.PEM_cert_to_DER_cert(found[0]))[:2] if found else []
        first, last = (_date(short, long) for short, long in dates)
    except (OSError, ValueError):
        return ""  # whether it can be used at all was found out before
    if now > last:
        return (
            f"{CERTIFICATE}: {certificate} expired on {last:%Y-%m-%d}; browsers refuse it. Renew it, then start again."
        )
    if now < first:
        return f"{CERTIFICATE}: {certificate} is valid only from {first:%Y-%m-%d} on. Is this machine's clock right?"
    return ""


def _date(short: bytes, long: bytes) -> datetime:
    text, form = (long, "%Y%m%d%H%M%S") if long else (short, "%y%m%d%H%M%S")
    return datetime.strptime(text.decode(), form).replace(tzinfo=UTC)


def _blocks(setting: str, path: Path) -> set[bytes]:
    """The kinds of PEM blocks in the file."""
    try:
        if path.exists() and not path.is_file():
            raise SettingError(f"{setting}: {path} is not a file. Name the PEM file itself.")
        with path.open("rb") as file:
            content = file.read(FILE_LIMIT)
    except FileNotFoundError:
        raise SettingError(f"{setting}: there is no file {path}.") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise SettingError(f"{setting}: {path} cannot be read: {why}. Which user runs the server?") from None
    if not content.strip():
        raise SettingError(f"{setting}: {path} is empty.")
    blocks = set(BLOCK.findall(content))
    if not blocks:
        raise SettingError(f"{setting}: {path} is not in PEM format. {_converted(setting, path, content)}")
    return blocks | ({b"ENCRYPTED PRIVATE KEY"} if b"Proc-Type: 4,ENCRYPTED" in content else set())


def _converted(setting: str, path: Path, content: bytes) -> str:
    """The command that makes PEM of a file that is not."""
    if content[:1] != b"\x30":  # ASN.1's SEQUENCE, as DER and PKCS #12 begin
        return "Such a file begins with -----BEGIN."
    if b"\x02\x01\x03" in content[2:8]:
        made = "-nokeys" if setting == CERTIFICATE else "-nocerts -nodes"
        return f"To make that of a .pfx or .p12: openssl pkcs12 -in {path} {made} -out FILE.pem"
    return f"To make it of DER: openssl {'x509' if setting == CERTIFICATE else 'pkey'} -inform der -in {path} -out FILE.pem"


def _check(certificate: Path, in_certificate: set[bytes], key: Path | None, in_key: set[bytes]) -> None:
    """Raise `SettingError` where the files hold something else than they are set for."""
    keys = KEYS | {b"ENCRYPTED PRIVATE KEY"}
    if not in_certificate & CERTIFICATES:
        if in_certificate & keys and in_key & CERTIFICATES:
            raise SettingError(
                f"{CERTIFICATE} and {KEY} are swapped: {certificate} holds a key. Set each to the other's file."
            )
        raise SettingError(f"{CERTIFICATE}: {certificate} holds no certificate but: {_named(in_certificate)}.")
    if b"ENCRYPTED PRIVATE KEY" in in_key:
        raise SettingError(
            f"{KEY}: {key or certificate} is encrypted, and nobody is there to type its password. To make one without: "
            f"openssl pkey -in {key or certificate} -out FILE.pem"
        )
    if key is None and not in_key & keys:
        raise SettingError(f"{CERTIFICATE} is set without {KEY}, and {certificate} holds no key besides. Set both.")
    if b"OPENSSH PRIVATE KEY" in in_key:
        raise SettingError(f"{KEY}: {key} is in OpenSSH's format. To make it PEM: ssh-keygen -p -m PEM -f {key}")
    if not in_key & keys:
        raise SettingError(f"{KEY}: {key} holds no private key but: {_named(in_key)}.")


def _named(blocks: set[bytes]) -> str:
    return ", ".join(sorted(block.decode().lower() for block in blocks))


def _refused(certificate: Path, key: Path, error: OSError) -> str:
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    if reason in ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"):
        return (
            f"{KEY}: {key} is not the key of the certificate in {certificate}. In a chain ({CERTIFICATE}), the server's own "
            "certificate comes first."
        )
    why = (reason or "damaged").replace("_", " ").lower()
    return f"{CERTIFICATE}: {certificate}, or {KEY}: {key}, cannot be used: {why}. Is the file whole?"


def _no_password() -> str:
    """Asked for none: without this, OpenSSL would ask the terminal and wait."""
    return ""
