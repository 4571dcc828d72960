from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.errors import SettingError
from server.settings import Settings, ignored_variables, load_settings
from server.settings.serving import ServerSettings
from server.settings.tree import SETTINGS


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the server is started: an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, text: str, name: str = "kaikou.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def refusal(flags: dict[str, Any] | None = None, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingError) as caught:
        load_settings(flags or {}, environment or {})
    return caught.value.message


# --- Where values come from ----------------------------------------------------------------------------------------------


def test_without_anything_set_the_defaults_are_in_force() -> None:
    assert load_settings({}, {}) == Settings()


@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize("in_environment", [False, True])
@pytest.mark.parametrize("as_flag", [False, True])
def test_flags_win_over_the_environment_over_the_file_over_the_defaults(
    folder: Path, in_file: bool, in_environment: bool, as_flag: bool
) -> None:
    if in_file:
        written(folder, "port = 1111")
    settings = load_settings({"port": 3333} if as_flag else {}, {"KAIKOU_PORT": "2222"} if in_environment else {})

    assert settings.server.port == (3333 if as_flag else 2222 if in_environment else 1111 if in_file else 7210)


def test_settings_from_different_places_are_in_force_together(folder: Path) -> None:
    written(folder, 'log = "debug"\nsession_s = 60')
    settings = load_settings({"open": True}, {"KAIKOU_PORT": "2222"})

    assert (settings.server.log, settings.sessions.session_s, settings.server.open, settings.server.port) == (
        "debug",
        60.0,
        True,
        2222,
    )


def test_a_flag_that_was_not_given_says_nothing() -> None:
    assert load_settings({"port": None, "config": None}, {"KAIKOU_PORT": "2222"}).server.port == 2222


@pytest.mark.parametrize(
    ("flag", "variable", "port"),
    [(None, None, 1), ("a.toml", None, 2), (None, "b.toml", 3), ("a.toml", "b.toml", 2)],
)
def test_the_file_is_the_flags_else_the_environments_else_the_one_in_the_folder(
    folder: Path, flag: str | None, variable: str | None, port: int
) -> None:
    written(folder, "port = 1")
    written(folder, "port = 2", "a.toml")
    written(folder, "port = 3", "b.toml")

    assert load_settings({"config": flag}, {"KAIKOU_CONFIG": variable} if variable else {}).server.port == port


def test_variables_of_others_and_of_the_launcher_are_left_alone() -> None:
    environment = {"PATH": "/bin", "PORT": "1", "KAIKOU_VENV": "/venv", "kaikou_port": "2", "OPENAI_ORG_ID": "x"}

    assert load_settings({}, environment) == Settings()


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("https://a.example", ("https://a.example",)),
        ("https://a.example, https://b.example,", ("https://a.example", "https://b.example")),
        ("", ()),
        (" , ", ()),
    ],
)
def test_a_list_is_separated_by_commas_in_the_environment(value: str, origins: tuple[str, ...]) -> None:
    assert load_settings({}, {"KAIKOU_ALLOWED_ORIGINS": value}).server.allowed_origins == origins


def test_a_list_is_a_list_in_the_file(folder: Path) -> None:
    written(folder, 'allowed_origins = ["https://a.example", "https://b.example"]')

    assert load_settings({}, {}).server.allowed_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("0", False), ("off", False), ("1", True)])
def test_a_switch_is_understood_as_people_write_it(text: str, value: bool) -> None:
    assert load_settings({}, {"KAIKOU_LLM_DISCOVER": text}).engines.openai.llm_discover is value


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings({}, {}).server.port = 1


# --- Variables that are not what they seem -------------------------------------------------------------------------------

KUBERNETES = {
    "KAIKOU_SERVICE_HOST": "10.0.0.7",
    "KAIKOU_SERVICE_PORT": "7210",
    "KAIKOU_SERVICE_PORT_HTTP": "7210",
    "KAIKOU_PORT": "tcp://10.0.0.7:7210",
    "KAIKOU_PORT_7210_TCP": "tcp://10.0.0.7:7210",
    "KAIKOU_PORT_7210_TCP_PROTO": "tcp",
    "KAIKOU_PORT_7210_TCP_PORT": "7210",
    "KAIKOU_PORT_7210_TCP_ADDR": "10.0.0.7",
}
"""What a pod finds where a Service is called "kaikou"."""

OTHER_SERVICES = {name.replace("KAIKOU", "KAIKOU_LLM"): value for name, value in KUBERNETES.items()}
"""Likewise for one that is called "kaikou-llm"."""

DOCKER_LINK = {
    "KAIKOU_NAME": "/page/kaikou",
    "KAIKOU_PORT": "tcp://172.17.0.5:7210",
    "KAIKOU_PORT_7210_TCP": "tcp://172.17.0.5:7210",
    "KAIKOU_PORT_7210_TCP_ADDR": "172.17.0.5",
    "KAIKOU_ENV_KAIKOU_HOST": "0.0.0.0",
}


@pytest.mark.parametrize("variables", [KUBERNETES, OTHER_SERVICES, DOCKER_LINK], ids=["service", "other", "link"])
def test_what_the_platform_tells_of_a_service_of_our_name_is_no_setting(variables: dict[str, str]) -> None:
    environment = {**variables, "KAIKOU_LOG": "debug"}

    assert load_settings({}, environment) == Settings(server=ServerSettings(log="debug"))
    assert ignored_variables(environment) == list(variables)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({**KUBERNETES, "KAIKOU_PORTS": "1"}, "There is no setting ports"),
        ({**KUBERNETES, "KAIKOU_SILENSE_MS": "1"}, "There is no setting silense_ms"),
        ({"KAIKOU_NAME": "/page/kaikou"}, "There is no setting name"),
        ({"KAIKOU_SERVICE_PORT": "7210"}, "There is no setting service_port"),
        ({"KAIKOU_PORT": "http://10.0.0.7"}, "The setting server.port (KAIKOU_PORT) is not right"),
    ],
)
def test_a_mistake_beside_them_is_still_an_error(environment: dict[str, str], message: str) -> None:
    assert refusal({}, environment).startswith(message)


EMPTY = ["", " \r", '""', "''\r\n", '" "', "\ufeff", "\u200b\u3000"]
"""What people leave in place of a value, as it arrives."""


@pytest.mark.parametrize("name", sorted(SETTINGS))
@pytest.mark.parametrize("empty", EMPTY)
def test_an_empty_variable_sets_nothing(name: str, empty: str) -> None:
    assert load_settings({}, {f"KAIKOU_{name.upper()}": empty}) == Settings()


def test_an_empty_variable_leaves_the_file_in_force(folder: Path) -> None:
    written(folder, 'host = "::1"')

    assert load_settings({}, {"KAIKOU_HOST": "", "KAIKOU_CONFIG": ""}).server.host == "::1"


@pytest.mark.parametrize("name", sorted(SETTINGS))
@pytest.mark.parametrize("empty", EMPTY)
def test_an_empty_flag_or_setting_of_the_file_sets_nothing(folder: Path, name: str, empty: str) -> None:
    setting = SETTINGS[name]
    if not setting.is_secret:
        written(folder, f"[{'.'.join(setting.path[:-1])}]\n{setting.path[-1]} = {json.dumps(empty)}")

    assert load_settings({name: empty, "config": empty}, {}) == Settings()


def test_an_empty_flag_leaves_the_environment_in_force() -> None:
    assert load_settings({"host": "", "port": ""}, {"KAIKOU_HOST": "::1", "KAIKOU_PORT": "1"}).server == ServerSettings(
        host="::1", port=1
    )


def test_an_empty_option_of_an_engine_is_not_passed_on(folder: Path) -> None:
    written(folder, '[engines.stub]\ndelay = ""\ntext = " "')

    assert load_settings({}, {"KAIKOU_ENGINES__STUB__PACE": '""'}) == Settings()


@pytest.mark.parametrize("value", ['"zh","en"', "'zh', 'en'", "zh,en\r", "“zh,en”", ",zh,,en,"])
def test_parts_of_a_list_are_taken_without_what_surrounds_them(value: str) -> None:
    assert load_settings({}, {"KAIKOU_LANGUAGES": value}).engines.languages == ("zh", "en")


@pytest.mark.parametrize("written_as", ["sk-a\r\n", '"sk-a"', "'sk-a'\r", " sk-a ", "\ufeffsk-a"])
def test_line_ends_quotes_and_marks_around_a_value_are_not_part_of_it(written_as: str) -> None:
    assert load_settings({}, {"OPENAI_API_KEY": written_as}).engines.openai.llm_api_key.get_secret_value() == "sk-a"
    assert load_settings({}, {"KAIKOU_LLM_API_KEY": written_as}).engines.openai.llm_api_key.get_secret_value() == "sk-a"


@pytest.mark.parametrize("value", ["\"sk-a'", 'sk"a', '"a"b"', '"'])
def test_quotes_that_are_no_pair_around_a_value_are_part_of_it(value: str) -> None:
    assert load_settings({}, {"KAIKOU_LLM_API_KEY": value}).engines.openai.llm_api_key.get_secret_value() == value


def test_a_mark_in_front_of_a_file_is_not_part_of_its_first_name(folder: Path) -> None:
    (folder / "kaikou.toml").write_bytes('\ufeffport = 1\r\nlog = "debug"\r\n'.encode())

    assert load_settings({}, {"\ufeffKAIKOU_HOST": "::1"}) == Settings(
        server=ServerSettings(port=1, log="debug", host="::1")
    )


# --- The names that other programs use -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "url", "key"),
    [
        ({"OPENAI_BASE_URL": "http://a", "OPENAI_API_KEY": "sk-a"}, "http://a", "sk-a"),
        ({"OPENAI_API_KEY": "sk-a", "KAIKOU_LLM_API_KEY": "sk-b"}, "", "sk-b"),
        ({"KAIKOU_LLM_BASE_URL": "http://b", "OPENAI_BASE_URL": "http://a"}, "http://b", ""),
        ({"OPENAI_BASE_URL": "", "OPENAI_API_KEY": ""}, "http://file", ""),
        ({"OPENAI_BASE_URL": "http://a"}, "http://a", ""),
    ],
)
def test_openais_names_are_understood_and_ours_win(
    folder: Path, environment: dict[str, str], url: str, key: str
) -> None:
    if not any(environment.values()):
        written(folder, 'llm_base_url = "http://file"')
    settings = load_settings({}, environment)

    assert (settings.engines.openai.llm_base_url, settings.engines.openai.llm_api_key.get_secret_value()) == (url, key)


# --- What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        (
            "KAIKOU_SILENSE_MS",
            "There is no setting silense_ms (as KAIKOU_SILENSE_MS in the environment). Did you mean silence_ms?",
        ),
        (
            "KAIKOU_API_KEY",
            "There is no setting api_key (as KAIKOU_API_KEY in the environment). Did you mean api_keys?",
        ),
        ("KAIKOU_XYZZY", "There is no setting xyzzy (as KAIKOU_XYZZY in the environment)."),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_name(variable: str, message: str) -> None:
    assert refusal({}, {variable: "1"}) == message


def test_an_unknown_name_in_the_file_is_refused_with_the_nearest_name(folder: Path) -> None:
    written(folder, "prot = 1")

    assert refusal() == "There is no setting prot (in kaikou.toml). Did you mean port?"


@pytest.mark.parametrize(
    ("flags", "environment"),
    [({"config": "no.toml"}, {}), ({}, {"KAIKOU_CONFIG": "no.toml"})],
    ids=["flag", "variable"],
)
def test_a_file_that_was_named_must_be_there(flags: dict[str, Any], environment: dict[str, str]) -> None:
    assert refusal(flags, environment) == "There is no settings file no.toml (--config, KAIKOU_CONFIG)."


@pytest.mark.parametrize(
    "content",
    [b"port = ", b"\xff\xfe", b"port = " + b"[" * 100_000, b"port = " + b"9" * 5_000],
    ids=["syntax", "encoding", "depth", "number"],
)
def test_a_file_that_is_not_toml_is_refused(folder: Path, content: bytes) -> None:
    (folder / "kaikou.toml").write_bytes(content)

    assert refusal().startswith("The settings file kaikou.toml is not TOML: ")


def test_a_file_that_cannot_be_read_is_refused() -> None:
    assert refusal({"config": "kaikou.toml" * 1_000}).endswith(" cannot be read: File name too long.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "x"),
        ("port", "65536"),
        ("port", "-1"),
        ("log", "loud"),
        ("engine_threads", "0"),
        ("session_s", "0"),
        ("idle_s", "nan"),
        ("silence_ms", "99"),
        ("open", "maybe"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: str) -> None:
    setting = SETTINGS[name]
    called = f"{'.'.join(setting.path)} ({setting.variable})"

    assert refusal({}, {setting.variable: value}).startswith(f"The setting {called} is not right: ")


def test_a_text_in_place_of_a_list_is_its_parts_in_the_file_too(folder: Path) -> None:
    written(folder, 'allowed_origins = "https://a.example, https://b.example"')

    assert load_settings({}, {}).server.allowed_origins == ("https://a.example", "https://b.example")


# --- Secrets -------------------------------------------------------------------------------------------------------------

KEY = "sk-very-secret"


@pytest.mark.parametrize(
    ("line", "variable"),
    [(f'api_keys = ["{KEY}"]', "KAIKOU_API_KEYS"), (f'llm_api_key = "{KEY}"', "KAIKOU_LLM_API_KEY")],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(folder: Path, line: str, variable: str) -> None:
    written(folder, line)
    message = refusal()

    assert (f"set {variable} in the environment, not in kaikou.toml" in message, KEY in message) == (True, False)


def test_several_keys_come_separated_by_commas() -> None:
    settings = load_settings({}, {"KAIKOU_API_KEYS": f"{KEY}, other"})

    assert [key.get_secret_value() for key in settings.server.api_keys] == [KEY, "other"]


def test_settings_never_show_a_key() -> None:
    settings = load_settings({}, {"KAIKOU_API_KEYS": f"{KEY}, other", "OPENAI_API_KEY": KEY})
    shown = [
        repr(settings),
        str(settings),
        str(settings.model_dump()),
        settings.model_dump_json(),
        repr(settings.server.api_keys),
    ]

    assert [text for text in shown if KEY in text] == []


@pytest.mark.parametrize(
    "environment",
    [
        {"KAIKOU_API_KEYS": KEY, "OPENAI_API_KEY": KEY, "KAIKOU_PORT": "x"},
        {"KAIKOU_PORT": KEY},
        {"KAIKOU_LOG": KEY},
        {"KAIKOU_OPEN": KEY},
        {"KAIKOU_LLM_KEY": KEY},
    ],
    ids=["beside", "as a number", "as a word", "as a switch", "under a wrong name"],
)
def test_no_error_shows_a_key_wherever_it_was_put(environment: dict[str, str]) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({}, environment)

    assert KEY not in "".join(traceback.format_exception(caught.value))
