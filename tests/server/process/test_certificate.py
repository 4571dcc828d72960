"""Every mistake with a certificate is a sentence that names the setting; what works is read once."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import SettingError
from server.process.certificate import CERTIFICATE, KEY, out_of_date, tls_of
from server.settings.serving import ServerSettings
from tests.server.process.certificates import made, openssl


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate and its key, which belong together."""
    return made(tmp_path_factory.mktemp("certificates"))


def read(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    return tls_of(ServerSettings(ssl_certfile=certificate, ssl_keyfile=key))


def refusal(certificate: Path | None, key: Path | None) -> str:
    with pytest.raises(SettingError) as caught:
        read(certificate, key)
    return caught.value.message


def kept(folder: Path, content: bytes) -> Path:
    path = folder / "file.pem"
    path.write_bytes(content)
    return path


def test_a_certificate_and_its_key_are_taken_in_two_files_or_in_one(site: tuple[Path, Path], tmp_path: Path) -> None:
    together = kept(tmp_path, site[1].read_bytes() + site[0].read_bytes())

    assert isinstance(read(*site), ssl.SSLContext)
    assert isinstance(read(together, None), ssl.SSLContext)
    assert isinstance(read(together, together), ssl.SSLContext)
    assert read(None, None) is None


def test_one_of_both_alone_is_refused(site: tuple[Path, Path]) -> None:
    assert refusal(site[0], None).startswith(f"{CERTIFICATE} is set without {KEY}")
    assert refusal(None, site[1]).startswith(f"{KEY} is set without {CERTIFICATE}")


def test_swapped_files_are_told_as_swapped(site: tuple[Path, Path]) -> None:
    assert refusal(site[1], site[0]).startswith(f"{CERTIFICATE} and {KEY} are swapped: ")


def test_the_key_of_another_certificate_is_refused(site: tuple[Path, Path], tmp_path: Path) -> None:
    other_certificate, other_key = made(tmp_path, "other")

    assert refusal(site[0], other_key).startswith(f"{KEY}: {other_key} is not the key of the certificate in {site[0]}")
    chain = kept(tmp_path, other_certificate.read_bytes() + site[0].read_bytes())
    assert "the server's own certificate comes first" in refusal(chain, site[1])


@pytest.mark.parametrize("form", [(), ("-traditional",)], ids=["pkcs8", "traditional"])
def test_an_encrypted_key_is_refused_and_nobody_is_asked(
    site: tuple[Path, Path], tmp_path: Path, form: tuple[str, ...]
) -> None:
    encrypted = tmp_path / "encrypted.key"
    openssl("pkey", "-in", site[1], "-aes128", *form, "-passout", "pass:secret", "-out", encrypted)

    assert refusal(site[0], encrypted).startswith(f"{KEY}: {encrypted} is encrypted")
    assert f"openssl pkey -in {encrypted} -out" in refusal(site[0], encrypted)


def test_der_and_pkcs12_are_told_with_the_command_that_converts_them(site: tuple[Path, Path], tmp_path: Path) -> None:
    der, key_in_der, pfx = tmp_path / "site.der", tmp_path / "key.der", tmp_path / "site.pfx"
    openssl("x509", "-in", site[0], "-outform", "der", "-out", der)
    openssl("pkey", "-in", site[1], "-outform", "der", "-out", key_in_der)
    openssl("pkcs12", "-export", "-in", site[0], "-inkey", site[1], "-passout", "pass:", "-out", pfx)

    assert f"openssl x509 -inform der -in {der}" in refusal(der, site[1])
    assert f"openssl pkey -inform der -in {key_in_der}" in refusal(site[0], key_in_der)
    assert f"openssl pkcs12 -in {pfx} -nokeys" in refusal(pfx, site[1])
    assert f"openssl pkcs12 -in {pfx} -nocerts" in refusal(site[0], pfx)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"hello", "is not in PEM format"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\n", "holds no certificate but: certificate request"),
        (b"-----BEGIN PUBLIC KEY-----\n", "holds no certificate but: public key"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "cannot be used: "),
        (b"-----BEGIN CERTIFICATE-----\nMIIB", "cannot be used: "),
    ],
    ids=["empty", "text", "request", "public key", "damaged", "cut off"],
)
def test_a_file_of_something_else_is_refused_as_a_certificate(
    site: tuple[Path, Path], tmp_path: Path, content: bytes, words: str
) -> None:
    path = kept(tmp_path, content)

    assert refusal(path, site[1]).startswith(f"{CERTIFICATE}: {path}")
    assert words in refusal(path, site[1])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"-----BEGIN PUBLIC KEY-----\n", "holds no private key but: public key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "ssh-keygen -p -m PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nMIIB", "cannot be used: "),
    ],
    ids=["empty", "public key", "openssh", "cut off"],
)
def test_a_file_of_something_else_is_refused_as_a_key(
    site: tuple[Path, Path], tmp_path: Path, content: bytes, words: str
) -> None:
    path = kept(tmp_path, content)

    assert f"{KEY}: {path}" in refusal(site[0], path)
    assert words in refusal(site[0], path)


def test_what_cannot_be_read_is_named(site: tuple[Path, Path], tmp_path: Path) -> None:
    missing, too_long = tmp_path / "none.pem", Path("x" * 5_000)

    assert refusal(missing, site[1]) == f"{CERTIFICATE}: there is no file {missing}."
    assert refusal(site[0], missing) == f"{KEY}: there is no file {missing}."
    assert refusal(tmp_path, site[1]).startswith(f"{CERTIFICATE}: {tmp_path} is not a file.")
    assert "cannot be read" in refusal(too_long, site[1])


def test_a_certificate_that_browsers_refuse_for_its_dates_is_told(site: tuple[Path, Path]) -> None:
    now = datetime.now(UTC)

    assert out_of_date(site[0], now) == ""
    assert f"{site[0]} expired on" in out_of_date(site[0], now + timedelta(days=60))
    assert f"{site[0]} is valid only from" in out_of_date(site[0], now - timedelta(days=60))
