"""What a start says when packages cannot be installed: the advice fits the cause. The lines are pip 23.2's and 26.3's."""

from __future__ import annotations

import errno
import os
import sys
import sysconfig
from pathlib import Path

import pytest

import run

NOTHING = """\
ERROR: Could not find a version that satisfies the requirement greeting==1.0 (from versions: none)
ERROR: No matching distribution found for greeting==1.0"""
LAST_TRY = (
    "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) "
    "after connection broken by "
)
OTHER_TRY = LAST_TRY.replace("total=0", "total=4")
UNREACHABLE_23 = (
    "'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7fee159d7ad0>: Failed to "
)

HERE = f"Python {run.dotted(sys.version_info[:2])} on {sysconfig.get_platform()}"

FAILURES = {
    "no package for this Python": (NOTHING, run.NOT_OFFERED),
    "other versions only": (NOTHING.replace("none", "0.1, 0.2"), run.NOT_OFFERED),
    "index refuses the file": (
        """\
  ERROR: HTTP error 403 while getting http://127.0.0.1/greeting-1.0-py3-none-any.whl (from http://127.0.0.1/simple/greeting/)
ERROR: Could not install requirement greeting==1.0 from http://127.0.0.1/greeting-1.0-py3-none-any.whl because of HTTP error
403 Client Error: Forbidden for url: http://127.0.0.1/greeting-1.0-py3-none-any.whl""",
        run.NOT_OFFERED,
    ),
    "no name server": (
        LAST_TRY
        + UNREACHABLE_23
        + "establish a new connection: [Errno -2] Name or service not known')': /simple/\n"
        + NOTHING,
        run.UNREACHABLE,
    ),
    "no name server, new pip": (
        LAST_TRY + "'NameResolutionError(\"HTTPSConnection(host='no-such-host.invalid', port=443): Failed to resolve "
        "'no-such-host.invalid' ([Errno -2] Name or service not known)\")': /simple/greeting/\n" + NOTHING,
        run.UNREACHABLE,
    ),
    "no answer to connecting": (
        LAST_TRY
        + "'ConnectTimeoutError(<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f1c>, 'Connection to "
        "10.255.255.1 timed out. (connect timeout=15.0)')': /simple/greeting/\n" + NOTHING,
        run.UNREACHABLE,
    ),
    "found at the second try, and then no package": (OTHER_TRY + UNREACHABLE_23 + "…\n" + NOTHING, run.NOT_OFFERED),
    "proxy asks for a login": (
        LAST_TRY
        + "'ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication "
        "Required'))': /simple/greeting/\n" + NOTHING,
        run.PROXY_LOGIN,
    ),
    "proxy of SOCKS": (
        "ERROR: Could not install packages due to an OSError: Missing dependencies for SOCKS support.",
        run.UNREACHABLE,
    ),
    "proxy of another kind": (
        "ERROR: Could not install packages due to an OSError: Proxy URL had unsupported scheme ftp, should use http:// or "
        "https://",
        run.UNREACHABLE,
    ),
    "proxy without a host": (
        "ERROR: Could not install packages due to an OSError: Please check proxy URL. It is malformed and could be missing "
        "the host.",
        run.UNREACHABLE,
    ),
    "proxy that is no address": (
        "ERROR: Could not install packages due to an OSError: Failed to parse: http://127.0.0.1:x",
        run.UNREACHABLE,
    ),
    "proxy does not answer": (
        LAST_TRY + "'ProxyError('Cannot connect to proxy.', " + UNREACHABLE_23 + "…'))': /simple/greeting/\n" + NOTHING,
        run.UNREACHABLE,
    ),
    "certificate of somebody else": (
        LAST_TRY + "'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
        "self-signed certificate (_ssl.c:1006)'))': /simple/greeting/\n" + NOTHING,
        run.CERTIFICATE,
    ),
    "index is slow": (
        LAST_TRY + "'ReadTimeoutError(\"HTTPConnectionPool(host='127.0.0.1', port=7466): Read timed out. (read "
        "timeout=2.0)\")': /simple/greeting/\n" + NOTHING,
        run.BROKE_OFF,
    ),
    "download stalls": (
        "    raise ReadTimeoutError(self._pool, None, 'Read timed out.')\npip._vendor.urllib3.exceptions.ReadTimeoutError: "
        "HTTPConnectionPool(host='127.0.0.1', port=7466): Read timed out.",
        run.BROKE_OFF,
    ),
    "download breaks off, new pip": (
        """\
  WARNING: Connection interrupted while downloading.
error: incomplete-download

× Download failed after 6 attempts because not enough bytes were received (0 bytes/150 kB)""",
        run.BROKE_OFF,
    ),
    "half a file, old pip": (
        "ERROR: Wheel 'greeting' located at /tmp/pip-unpack-57/greeting-1.0-py3-none-any.whl is invalid.",
        run.BROKE_OFF,
    ),
    "damaged file": (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package "
        "versions, please update the hashes.",
        run.DAMAGED,
    ),
    "damaged archive": ("zipfile.BadZipFile: File is not a zip file", run.DAMAGED),
    "no compiler": (
        """\
  ERROR: Failed building wheel for pocketsphinx
Failed to build pocketsphinx
ERROR: Could not build wheels for pocketsphinx, which is required to install pyproject.toml-based projects""",
        run.NO_WHEEL,
    ),
    "no compiler, new pip": (
        """\
  ERROR: Failed building wheel for pocketsphinx
Failed to build pocketsphinx
error: failed-wheel-build-for-install""",
        run.NO_WHEEL,
    ),
    "no CMake": (
        """\
error: subprocess-exited-with-error

× Getting requirements to build wheel did not run successfully.""",
        run.NO_WHEEL,
    ),
    "constraint of pip.conf": (
        """\
    The user requested numpy==2.4.6
    The user requested (constraint) numpy<2
ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/""",
        run.OTHER_VERSIONS,
    ),
    "full disk": (
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        run.DISK_FULL,
    ),
    "full disk of Windows": ("OSError: [WinError 112] There is not enough space on the disk", run.DISK_FULL),
    "read-only": (
        "ERROR: Could not install packages due to an OSError: [Errno 30] Read-only file system",
        run.NOT_WRITABLE,
    ),
    "no permission": (
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied",
        run.NOT_WRITABLE,
    ),
    "in use": ("OSError: [WinError 32] The process cannot access the file because it is being used", run.IN_USE),
    "anything else": ("Segmentation fault", ""),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_advice_fits_what_pip_says(failure: str) -> None:
    said, advice = FAILURES[failure]

    assert run.advice_on(said) == advice.format(machine=HERE)


def test_advice_on_missing_packages_names_this_python() -> None:
    assert f" for {HERE}, " in run.advice_on(NOTHING)


@pytest.mark.parametrize(("number", "advice"), [(errno.ENOSPC, run.DISK_FULL), (errno.EROFS, run.NOT_WRITABLE)])
def test_advice_fits_what_the_system_says(number: int, advice: str) -> None:
    assert run.advice_on(str(OSError(number, os.strerror(number), "/somewhere"))) == advice


def test_only_the_last_of_many_lines_is_shown(tmp_path: Path) -> None:
    fails = "print(*range(100), 'ERROR: [Errno 28]', *range(20), sep='\\n'); raise SystemExit(1)"
    with run.locked(tmp_path) as lock:
        said = run.follow([sys.executable, "-c", fails], lock, lambda line: None)

    assert said is not None
    assert run.explained(said, run.advice_on(said)).splitlines() == [*map(str, range(12, 20)), "", run.DISK_FULL]


def test_a_password_in_the_address_of_a_proxy_that_pip_repeats_is_not_shown() -> None:
    said = "ERROR: Could not install packages due to an OSError: Failed to parse: http://me:s3cr@t/1@127.0.0.1:x"

    assert run.explained(said, "") == said.replace("me:s3cr@t/1", "***") + "\n\n"


def test_no_proxy_comes_between_pip_and_an_index_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "a.example")
    monkeypatch.setenv("NO_PROXY", "b.example")
    told = list[str]()
    with run.locked(tmp_path) as lock:
        run.follow([sys.executable, "-c", "import os; print(os.environ['NO_PROXY'])"], lock, told.append)

    assert told == ["a.example,b.example,localhost,127.0.0.1,::1"]
