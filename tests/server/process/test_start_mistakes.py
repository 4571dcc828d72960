"""Every mistake at the start ends with a sentence that names what to change, before an address is announced."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer

import pytest

from server.__main__ import main

CHARACTER = """id = "a"
languages = "en"
[en]
name = "A"
who = "Somebody."
greeting = "Hello."
"""


HERE = "{folder}"
SECRET = "s3cr3t"
"""In passwords and keys; no sentence has it."""
MAIL = {"MAIL_HOST": "mail.example.org", "MAIL_FROM": "k@example.org", "PUBLIC_URL": "https://kaikou.example.org"}
QUIET = {"KAIKOU_LLM_DISCOVER": "off", "KAIKOU_STARTER": "off", "KAIKOU_ENGINES": "stub"}


@dataclass(frozen=True)
class Mistake:
    """What is given to the start, and what its sentence says. In variables, {folder} is the test's own."""

    says: str
    flags: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


def flags(says: str, given: str) -> Mistake:
    return Mistake(says, given)


def variables(says: str, files: Mapping[str, bytes] | None = None, /, **given: str) -> Mistake:
    return Mistake(says, "", files or {}, {f"KAIKOU_{name}": value for name, value in given.items()})


def toml(says: str, text: str | bytes) -> Mistake:
    return Mistake(says, files={"kaikou.toml": text.encode() if isinstance(text, str) else text})


FILE = {"f": b""}
MISTAKES = {
    # addresses
    "a port that is no number": flags("KAIKOU_PORT", "--port seven"),
    "a port out of range": flags("KAIKOU_PORT", "--port 70000"),
    "a port with its host": variables("KAIKOU_PORT", PORT="127.0.0.1:80"),
    "an address of another machine": flags("KAIKOU_HOST", "--host 192.0.2.1"),
    "a name of no machine": flags("KAIKOU_HOST", "--host nowhere.invalid"),
    "what cannot be a name": flags("KAIKOU_HOST", "--host a..b"),
    "an address that is a page's": flags("KAIKOU_HOST", "--host http://127.0.0.1"),
    "a host with its port": variables("KAIKOU_HOST", HOST="127.0.0.1:80"),
    "a star": flags("KAIKOU_HOST", "--host *"),
    # certificates; all others are in test_certificate.py
    "a certificate that is not there": flags("KAIKOU_SSL_CERTFILE", "--ssl-certfile no.pem --ssl-keyfile no.key"),
    "a folder in place of a certificate": flags("KAIKOU_SSL_CERTFILE", "--ssl-certfile . --ssl-keyfile no.key"),
    "a certificate without its key": variables(
        "KAIKOU_SSL_KEYFILE", {"c": b"-----BEGIN CERTIFICATE-----"}, SSL_CERTFILE="{folder}/c"
    ),
    "a key without its certificate": flags("KAIKOU_SSL_CERTFILE", "--ssl-keyfile no.key"),
    # folders
    "a file in place of the weights": variables("KAIKOU_WEIGHTS", FILE, WEIGHTS="{folder}/f"),
    "weights below a file": variables("KAIKOU_WEIGHTS", FILE, WEIGHTS="{folder}/f/w"),
    "a file in place of what is kept": variables("KAIKOU_DATA", FILE, DATA="{folder}/f"),
    "what is kept below a file": variables("KAIKOU_DATA", FILE, DATA="{folder}/f/d"),
    "a bucket with half of its keys": variables(
        "KAIKOU_S3_SECRET_KEY", OBJECTS_URL="s3://bucket", S3_ENDPOINT="http://127.0.0.1:9", S3_ACCESS_KEY="key"
    ),
    "a bucket of a server that is not there": variables(
        "KAIKOU_OBJECTS_URL",
        OBJECTS_URL="s3://bucket",
        S3_ENDPOINT="http://127.0.0.1:9",
        S3_ACCESS_KEY="a",
        S3_SECRET_KEY="b",
    ),
    "a bucket that is none": variables("KAIKOU_OBJECTS_URL", OBJECTS_URL="https://bucket.example.org"),
    "an S3 server in the open without TLS": variables("KAIKOU_S3_ENDPOINT", S3_ENDPOINT="http://s3.example.org"),
    "keys in the address of an S3 server": variables("KAIKOU_S3_ACCESS_KEY", S3_ENDPOINT="https://a:b@s3.example.org"),
    "a prefix that leads out of the bucket": variables(
        "KAIKOU_OBJECTS_URL", OBJECTS_URL="s3://bucket/../x", S3_ACCESS_KEY="a", S3_SECRET_KEY=SECRET
    ),
    **{
        f"a database whose {what}": variables("KAIKOU_DATABASE_URL", DATABASE_URL=url)
        for what, url in {
            "port is no number": f"postgresql://u:{SECRET}@127.0.0.1:port/x",
            "host is no address": f"postgresql://u:{SECRET}@[::1/x",
            "parameter nobody knows": f"postgresql://u:{SECRET}@127.0.0.1:9/x?colour=blue",
            "parameter has no such value": f"postgresql://u:{SECRET}@127.0.0.1:9/x?sslmode=blue",
        }.items()
    },
    **{
        f"a Redis whose {what}": variables("KAIKOU_REDIS_URL", REDIS_URL=url)
        for what, url in {
            "scheme is another's": f"http://:{SECRET}@127.0.0.1:6379/0",
            "port is no number": f"redis://:{SECRET}@127.0.0.1:port/0",
            "port is out of range": f"redis://:{SECRET}@127.0.0.1:99999/0",
            "host is no address": f"redis://:{SECRET}@[::1/0",
            "host is not told": "redis://",
            "socket is not told": "unix://",
            "database is no number": f"redis://:{SECRET}@127.0.0.1:6379/one",
            "database is below zero": "redis://127.0.0.1:6379/-1",
            "parameter nobody knows": f"redis://:{SECRET}@127.0.0.1:6379/0?colour=blue",
            "parameter has no such value": f"rediss://:{SECRET}@127.0.0.1:6379/0?ssl_cert_reqs=blue",
            "password is not encoded": f"redis://:{SECRET}#{SECRET}@127.0.0.1:6379/0",
        }.items()
    },
    **{
        f"mail whose {what}": variables(f"KAIKOU_{name}", **{**MAIL, name: given})
        for what, name, given in (
            ("host has a scheme", "MAIL_HOST", "smtp://mail.example.org"),
            ("host has a port", "MAIL_HOST", "mail.example.org:25"),
            ("host has a password", "MAIL_HOST", f"u:{SECRET}@mail.example.org"),
            ("host has a blank", "MAIL_HOST", "mail example"),
            ("sender has no host", "MAIL_FROM", "kaikou"),
            ("sender is two", "MAIL_FROM", "a@example.org, b@example.org"),
            ("sender does not end", "MAIL_FROM", "Kaikou <a@example.org"),
            ("page has no host", "PUBLIC_URL", "https://"),
            ("page has a blank", "PUBLIC_URL", "https://kaikou example.org"),
            ("page has a question", "PUBLIC_URL", "https://kaikou.example.org/?a=1"),
            ("page has a password", "PUBLIC_URL", f"https://u:{SECRET}@kaikou.example.org"),
            ("page has no such port", "PUBLIC_URL", "https://kaikou.example.org:port"),
        )
    },
    "mail with half of a log-in": variables("mail_password", **MAIL, MAIL_USERNAME="kaikou"),
    "mail with the other half of a log-in": variables("mail_username", **MAIL, MAIL_PASSWORD=SECRET),
    "single sign-on with a password in its address": variables(
        "KAIKOU_OIDC_ISSUER", OIDC_ISSUER=f"https://u:{SECRET}@login.example.org", OIDC_CLIENT_ID="kaikou"
    ),
    "single sign-on at an address with a blank": variables(
        "KAIKOU_OIDC_ISSUER", OIDC_ISSUER="https://login example.org", OIDC_CLIENT_ID="kaikou"
    ),
    "single sign-on by nobody": variables("oidc_client_id", OIDC_ISSUER="https://login.example.org"),
    "accounts in the open without https": variables("KAIKOU_ACCOUNTS", ACCOUNTS="required", HOST="0.0.0.0"),
    "a home of nobody": variables("KAIKOU_WEIGHTS", WEIGHTS="~nobody-of-that-name/w"),
    "a path with a variable": variables("KAIKOU_WEIGHTS", WEIGHTS="$HOME/w"),
    "no folder of characters": variables("KAIKOU_PERSONAS", PERSONAS="{folder}/none"),
    "a file in place of the characters": variables("KAIKOU_PERSONAS", FILE, PERSONAS="{folder}/f"),
    "no characters": variables("KAIKOU_PERSONAS", PERSONAS=HERE),
    "characters by a name that is too long": variables("KAIKOU_PERSONAS", PERSONAS="a" * 300),
    "weights by a name that is too long": variables("KAIKOU_WEIGHTS", WEIGHTS="a" * 300),
    "a hub that there is not": variables("KAIKOU_MODELS_FROM", MODELS_FROM="gitlab"),
    "a mirror of no hub": variables("KAIKOU_MODELS_MIRROR", MODELS_MIRROR="gitlab=https://m.example"),
    "a mirror that is no address": variables("KAIKOU_MODELS_MIRROR", MODELS_MIRROR="mirror"),
    # characters
    "a character that is no TOML": variables("a.toml", {"a.toml": b"id = "}, PERSONAS=HERE),
    "a character of other bytes": variables("a.toml", {"a.toml": b"\xff\xfe"}, PERSONAS=HERE),
    "a character that is a folder's": variables("a.toml", {"a.toml/x": b""}, PERSONAS=HERE),
    "a character without a name": variables(
        "name", {"a.toml": CHARACTER.replace('name = "A"\n', "").encode()}, PERSONAS=HERE
    ),
    "a character twice": variables(
        "b.toml", {name: CHARACTER.encode() for name in ("a.toml", "b.toml")}, PERSONAS=HERE
    ),
    "a default character that is not there": variables("KAIKOU_DEFAULT_CHARACTER", DEFAULT_CHARACTER="x"),
    # the settings file
    "a file that is not there": flags("KAIKOU_CONFIG", "--config no.toml"),
    "a folder in place of the file": variables("KAIKOU_CONFIG", CONFIG=HERE),
    "a folder of the file's name": Mistake("kaikou.toml", files={"kaikou.toml/x": b""}),
    "a file that is no TOML": toml("kaikou.toml", "port = "),
    "a file of UTF-16": toml("UTF-8", "port = 1".encode("utf-16")),
    "a file of UTF-16 without a mark": toml("UTF-8", "port = 1".encode("utf-16-le")),
    "a file of another encoding": toml("line 2", 'port = 1\nllm_model = "模型"'.encode("gbk")),
    "a file that is far too large": toml("kaikou.toml", "# \n" * 400_000),
    "a wrong type": toml("KAIKOU_PORT", "[server]\nport = [1]"),
    "a switch as a number": toml("KAIKOU_PORT", "port = true"),
    "a number as a text": toml("KAIKOU_HOST", "host = 1"),
    "a table as a value": toml("log", "[server.log]\na = 1"),
    "an unknown setting": toml("Did you mean port?", "[server]\nprot = 1"),
    "an unknown section": toml("Did you mean server?", "[serve]\nport = 1"),
    "a value in place of a section": toml("write [server]", "server = 1"),
    "a list of tables": toml("write [server]", "[[server]]\nport = 1"),
    "a secret in the file": toml("KAIKOU_LLM_API_KEY", 'llm_api_key = "x"'),
    "a control character": toml("KAIKOU_LLM_MODEL", 'llm_model = "a\\u0000b"'),
    "a path that no system takes": toml("KAIKOU_WEIGHTS", 'weights = "a\\u0000b"'),
    # the environment
    "an unknown variable": variables("Did you mean port?", PROT="1"),
    "a number with words": variables("KAIKOU_SESSION_S", SESSION_S="ten"),
    "a number beyond all bounds": variables("KAIKOU_BREAKER_FAILURES", BREAKER_FAILURES="9" * 25),
    "a time beyond all bounds": variables("KAIKOU_DRAIN_S", DRAIN_S="1e300"),
    "an endless time": variables("KAIKOU_SESSION_S", SESSION_S="inf"),
    "JSON that is none": variables("KAIKOU_LLM_EXTRA_BODY", LLM_EXTRA_BODY="{think: no}"),
    "JSON that is no table": variables("KAIKOU_LLM_EXTRA_BODY", LLM_EXTRA_BODY="[1]"),
    "JSON that is too deep": variables("KAIKOU_LLM_EXTRA_BODY", LLM_EXTRA_BODY="[" * 100_000),
    "a list in brackets that is no JSON": variables("KAIKOU_API_KEYS", API_KEYS="[a, b]"),
    "bytes that are no text": variables("KAIKOU_LLM_MODEL", LLM_MODEL="\udcff"),
    "a key of other characters": variables("KAIKOU_LLM_API_KEY", LLM_API_KEY="sk-…"),
    # engines
    "an unknown engine set": flags("KAIKOU_ENGINES", "--engines fast"),
    "an unknown engine": variables("KAIKOU_SYNTHESIZER", SYNTHESIZER="espeek"),
    "weights that are not there": variables("KAIKOU_RECOGNIZER", RECOGNIZER="sherpa:none"),
    "an option that an engine has not": variables("stub", ENGINES__STUB__COLOUR="1"),
}


def started(flags: str, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> int:
    for name in [name for name in os.environ if name.startswith(("KAIKOU_", "OPENAI_")) and name != "KAIKOU_DATA"]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ends_what_serves = Timer(40, os.kill, (os.getpid(), signal.SIGINT))  # it should have failed: let the test do so
    ends_what_serves.start()
    try:
        return main(flags.split())
    finally:
        ends_what_serves.cancel()


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_at_the_start_ends_in_a_sentence_that_names_it(
    mistake: Mistake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in mistake.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    given = {name: value.replace(HERE, str(tmp_path)) for name, value in mistake.variables.items()}
    status = started(mistake.flags, QUIET | given, monkeypatch)
    output, said = capsys.readouterr()

    assert (status, "://" in output) == (2, False), said
    assert (said.startswith("Kaikou: "), said.count("\n"), len(said) < 600) == (True, 1, True), said
    assert mistake.says in said
    assert SECRET not in said


def test_a_database_that_is_away_is_no_mistake_and_another_start_may_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    away = {"KAIKOU_DATABASE_URL": f"postgresql://u:{SECRET}@127.0.0.1:9/x", "KAIKOU_DATA": str(tmp_path)}
    status = started("", QUIET | away, monkeypatch)
    said = capsys.readouterr().err

    assert (status, said.count("\n"), SECRET in said) == (1, 1, False), said
    assert said.startswith("Kaikou: KAIKOU_DATABASE_URL (postgresql")


def links(folder: Path) -> None:
    (folder / "kaikou.toml").symlink_to("kaikou.toml")


def leads_nowhere(folder: Path) -> None:
    (folder / "kaikou.toml").symlink_to("elsewhere.toml")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "kaikou.toml")


@pytest.mark.skipif(sys.platform == "win32", reason="makes links and pipes the POSIX way")
@pytest.mark.parametrize("made", [links, leads_nowhere, pipe])
@pytest.mark.parametrize("named", ["", "--config kaikou.toml"])
def test_what_has_the_settings_files_name_and_is_no_file_is_told_and_not_passed_over(
    made: Callable[[Path], None],
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made(tmp_path)
    monkeypatch.chdir(tmp_path)

    assert started(named, QUIET, monkeypatch) == 2
    assert capsys.readouterr().err.startswith(
        "Kaikou: kaikou.toml (--config, KAIKOU_CONFIG) is to be the settings file"
    )


def test_a_relative_path_from_a_folder_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    status = started("--weights here", QUIET, monkeypatch)
    monkeypatch.chdir(tmp_path)

    assert status == 2
    assert "which is gone: write the path out." in capsys.readouterr().err


def test_a_port_that_is_taken_is_told_with_another_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status = started(f"--port {port}", {}, monkeypatch)

    assert status == 2
    assert f"Port {port} is taken, perhaps by another Kaikou. Choose another: " in capsys.readouterr().err
