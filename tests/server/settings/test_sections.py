"""The sections of the settings, in the file and under the names that they have elsewhere; the options of engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.settings import Settings, load_settings
from server.settings.reference import PAGE, reference
from server.settings.tree import SETTINGS
from tests.server.settings.test_settings import folder as folder
from tests.server.settings.test_settings import refusal, written


def test_the_file_has_a_table_for_each_section(folder: Path) -> None:
    written(
        folder, '[server]\nport = 1\n[engines]\nset = "stub"\n[engines.openai]\nllm_model = "m"\n[turns]\nturn_s = 7'
    )
    settings = load_settings({}, {})

    assert (settings.server.port, settings.engines.set, settings.turns.turn_s) == (1, "stub", 7)
    assert settings.engines.openai.llm_model == "m"


def test_a_file_from_before_there_were_sections_means_the_same(folder: Path) -> None:
    written(folder, 'port = 1\nengines = "stub"\nweights = "w"\nspeech_model = "m"\nrecognizer_processes = 2')
    before = load_settings({}, {})
    written(folder, '[server]\nport = 1\n[engines]\nset = "stub"\n[engines.realtime]\nmodel = "m"\n'
                    '[engines.pocketsphinx]\nprocesses = 2\n[weights]\nfolder = "w"')  # fmt: skip

    assert before == load_settings({}, {}) != Settings()


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_setting_has_one_name_in_the_environment_a_place_in_the_file_and_a_line_about_it(name: str) -> None:
    setting = SETTINGS[name]
    value: object = Settings()
    for part in setting.path:
        value = getattr(value, part)

    assert value == setting.default
    assert setting.about.endswith(".")


def test_the_variables_of_old_go_on_working() -> None:
    variables = {setting.variable for setting in SETTINGS.values()}

    assert {"KAIKOU_LLM_BASE_URL", "KAIKOU_SPEECH_MODEL", "KAIKOU_SPEECH_MODEL_URL", "KAIKOU_ENGINES", "KAIKOU_WEIGHTS",
            "KAIKOU_MODELS_MIRROR", "KAIKOU_PERSONAS", "KAIKOU_DEFAULT_CHARACTER", "KAIKOU_RECOGNIZER_PROCESSES",
            "KAIKOU_MINIMAX_API_KEY", "KAIKOU_TTS_VOICES", "KAIKOU_API_KEYS"} <= variables  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sever]\nport = 1", "There is no section sever (in kaikou.toml). Did you mean server?"),
        ("[server]\nprot = 1", "There is no setting server.prot (in kaikou.toml). Did you mean port?"),
        ("[turns]\nport = 1", "There is no setting turns.port (in kaikou.toml)."),
        ("[engines.opnai]\nx = 1", "There is no engine opnai (in kaikou.toml). Did you mean openai?"),
        ("[engines.openai]\nmodel = 1", "There is no setting engines.openai.model (in kaikou.toml)."),
        ("[server.port]\nx = 1", "There is no section server.port (in kaikou.toml)."),
        ('[engines.openai]\nllm_api_key = "k"', "llm_api_key is a secret: set KAIKOU_LLM_API_KEY in the environment"),
    ],
)
def test_a_mistake_in_a_table_is_refused_with_its_place(folder: Path, text: str, message: str) -> None:
    written(folder, text)

    assert refusal().startswith(message)


def test_the_page_of_all_settings_is_what_the_sections_say() -> None:
    assert PAGE.read_text("utf-8") == reference(), "Run .venv/bin/python -m server.settings.reference"


# --- Options of engines that have no section -----------------------------------------------------------------------------


def test_an_engine_without_a_section_gets_the_options_of_its_table_and_role(folder: Path) -> None:
    written(folder, "[engines.stub]\ndelay = 1\npace = 2\n[engines.stub.synthesizer]\npace = 3")
    environment = {"KAIKOU_ENGINES__STUB__DELAY": "0.5", "KAIKOU_ENGINES__STUB__RECOGNIZER__TEXT": "Hi"}
    engines = load_settings({}, environment).engines

    assert engines.options("chat_model", "stub") == {"delay": 0.5, "pace": 2}
    assert engines.options("synthesizer", "stub") == {"delay": 0.5, "pace": 3}
    assert engines.options("recognizer", "stub") == {"delay": 0.5, "pace": 2, "text": "Hi"}
    assert engines.options("synthesizer", "flite") == {}


def test_a_text_that_the_environment_gives_an_engine_is_shown_nowhere() -> None:
    settings = load_settings({}, {"KAIKOU_ENGINES__STUB__TOKEN": "sk-planted"})

    assert settings.engines.options("recognizer", "stub") == {"token": "sk-planted"}
    assert "planted" not in repr(settings) + str(settings.model_dump()) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("KAIKOU_ENGINES__TUBA__X", "There is no engine tuba (as KAIKOU_ENGINES__TUBA__X in the environment)."),
        ("KAIKOU_ENGINES__OPENAI__LLM_MODEL", "The engine openai has settings of their own names"),
        ("KAIKOU_ENGINES__STUB", "KAIKOU_ENGINES__STUB names no option of the engine stub."),
    ],
)
def test_a_variable_for_an_engine_that_there_is_not_is_refused(variable: str, message: str) -> None:
    assert refusal({}, {variable: "1"}).startswith(message)
