"""Values as people write them: understood, or refused with the setting's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.settings import Settings, load_settings
from server.settings.tree import SETTINGS
from tests.server.settings.test_settings import folder as folder
from tests.server.settings.test_settings import refusal, written


def of(settings: Settings, name: str) -> Any:
    value: Any = settings
    for part in SETTINGS[name].path:
        value = getattr(value, part)
    return value


def taken(name: str, value: str) -> Any:
    return of(load_settings({}, {SETTINGS[name].variable: value}), name)


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("llm_base_url", "localhost:11434/v1", "http://localhost:11434/v1"),
        ("llm_base_url", "127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("llm_base_url", "//ollama:11434/v1", "http://ollama:11434/v1"),
        ("llm_base_url", "[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("llm_base_url", "192.168.1.20:8000/v1", "http://192.168.1.20:8000/v1"),
        ("llm_base_url", "host.docker.internal:1234/v1", "http://host.docker.internal:1234/v1"),
        ("llm_base_url", "api.openai.com/v1", "https://api.openai.com/v1"),
        ("llm_base_url", "HTTP://a.example/v1", "http://a.example/v1"),
        ("speech_model_url", "api.openai.com/v1/realtime", "wss://api.openai.com/v1/realtime"),
        ("speech_model_url", "localhost:8000", "ws://localhost:8000"),
        ("open", "True", True),
        ("starter", "OFF", False),
        ("starter", "No", False),
        ("port", "8_000", 8000),
        ("port", "8000 ", 8000),
        ("port", '"8000"\r', 8000),
        ("session_s", "1.5s", 1.5),
        ("session_s", "30 min", 1800.0),
        ("silence_ms", "0.5s", 500),
        ("message_bytes", "24MiB", 24 * 1024 * 1024),
        ("file_bytes", "100 MB", 100_000_000),
        ("log", "WARN", "warning"),
        ("host", "[::1]", "::1"),
        ("allowed_origins", '["https://a.example", "https://b.example"]', ("https://a.example", "https://b.example")),
    ],
)
def test_a_value_is_understood_as_people_write_it(name: str, value: str, meant: Any) -> None:
    assert taken(name, value) == meant


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("llm_base_url", "ftp://a.example"),
        ("llm_base_url", "http:///v1"),
        ("llm_base_url", "http://a:port/v1"),
        ("llm_base_url", "http://[::1/v1"),
        ("llm_base_url", "a.example:8443/v1"),
        ("llm_base_url", "${OPENAI_BASE_URL}"),
        ("llm_base_url", "http://<host>/v1"),
        ("tts_base_url", "http://a b/v1"),
        ("llm_base_url", "None"),
        ("llm_base_url", "http://undefined:11434/v1"),
        ("llm_base_url", "11434"),
        ("llm_base_url", "*"),
        ("llm_base_url", '"'),
        ("speech_model_url", "null"),
        ("languages", "[zh, en]"),
        ("trusted_proxies", '["10.0.0.1", 5]'),
        ("port", "8000 # the usual one"),
        ("port", "8,000"),
        ("port", "1e3x"),
        ("session_s", "10 parsec"),
        ("silence_ms", "1.5ms"),
        ("open", "perhaps"),
        ("weights", "$HOME/weights"),
        ("weights", "%USERPROFILE%\\weights"),
        ("minimax_api_key", "“sk"),
    ],
)
def test_a_value_that_is_not_understood_is_refused_by_name(name: str, value: str) -> None:
    assert f"({SETTINGS[name].variable}) is not right: " in refusal({}, {SETTINGS[name].variable: value})


def test_openais_address_without_a_scheme_is_understood_under_its_own_name() -> None:
    settings = load_settings({}, {"OPENAI_BASE_URL": '"localhost:11434/v1"\r\n'})

    assert settings.engines.openai.llm_base_url == "http://localhost:11434/v1"


def test_a_mistake_is_named_by_the_variable_that_was_written() -> None:
    assert refusal({}, {"OPENAI_BASE_URL": "http://[x"}).startswith(
        "The setting engines.openai.llm_base_url (OPENAI_BASE_URL) is not right: "
    )
    assert "(OPENAI_API_KEY)" in refusal({}, {"OPENAI_API_KEY": "é"})
    assert "(KAIKOU_LLM_BASE_URL)" in refusal({}, {"OPENAI_BASE_URL": "http://a", "KAIKOU_LLM_BASE_URL": "http://[x"})


def test_paths_are_relative_to_where_one_stands_and_in_the_file_to_its_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    (folder / "conf").mkdir()
    written(folder, 'weights = "w"\npersonas = "/p"', "conf/kaikou.toml")

    assert load_settings({"config": "conf/kaikou.toml"}, {}).weights.folder == folder / "conf" / "w"
    assert load_settings({"config": "conf/kaikou.toml"}, {}).characters.folder == Path("/p")
    assert load_settings({"weights": "w"}, {}).weights.folder.absolute() == folder / "w"
    assert load_settings({"weights": "~/w"}, {}).weights.folder == Path("/home/somebody/w")
