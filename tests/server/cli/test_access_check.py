from __future__ import annotations

import re

import pytest

from server.cli.access_check import findings
from server.settings import load_settings

KEY = "0123456789abcdef0123456789abcdef"


def found(**environment: str) -> list[str]:
    variables = {f"KAIKOU_{name.upper()}": value for name, value in environment.items()}
    return list(findings(load_settings({}, variables).server))


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"host": "::1"},
        {"host": "0.0.0.0", "api_keys": KEY},
        {"allowed_origins": "https://a.example, http://localhost:3000"},
    ],
)
def test_what_is_right_is_passed_over(environment: dict[str, str]) -> None:
    assert found(**environment) == []


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"host": "0.0.0.0"}, "Whoever reaches 0.0.0.0 may use this server: set KAIKOU_API_KEYS"),
        ({"allowed_origins": "*"}, "Every web page"),
        ({"trusted_proxies": "*"}, "Anybody may say who they are"),
        ({"allowed_origins": "http://nas.local"}, "no microphone to pages of http://nas.local"),
        ({"api_keys": f"{KEY}, secret"}, "Key 2 of KAIKOU_API_KEYS is short"),
        ({"api_keys": f"{KEY}/+=="}, "Key 1 of KAIKOU_API_KEYS has signs such as / or ="),
        ({"api_keys": f"{KEY}密钥"}, "Key 1 of KAIKOU_API_KEYS has letters beyond ASCII"),
    ],
)
def test_what_is_hardly_meant_is_told_in_a_sentence(environment: dict[str, str], words: str) -> None:
    told = found(**environment)

    assert len(told) == 1
    assert re.search(re.escape(words), told[0])


def test_a_key_is_never_shown() -> None:
    assert not any("sesame" in line for line in found(api_keys="sesame, sesame/, sésame"))
