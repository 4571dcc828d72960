from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipeline.engines import registry
from pipeline.engines.protocols import Role
from pipeline.errors import SettingError

ENTRY_POINTS = """
[kaikou.engines]
recognizer.parrot = parrot_engines:create_recognizer
recognizer.stub = parrot_engines:create_recognizer
synthesizer.silent = engines_that_are_not_there:create
"""


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed distribution with engines of its own."""
    (tmp_path / "parrot_engines.py").write_text("def create_recognizer(settings):\n    return 'parrot', settings\n")
    installed = tmp_path / "parrot_engines-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: parrot-engines\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)


TARGETS = [(role, name, target) for role, engines in registry.BUILT_IN.items() for name, target in engines.items()]


@pytest.mark.parametrize(("role", "name", "target"), TARGETS, ids=[f"{role}.{name}" for role, name, _ in TARGETS])
def test_every_engine_of_ours_is_where_the_table_says(role: Role, name: str, target: str) -> None:
    module, _, attribute = target.partition(":")
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text("utf-8"))

    assert attribute in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_engine_sets_name_engines_of_ours() -> None:
    unknown = [
        (set_name, role, name)
        for set_name, engines in registry.SETS.items()
        for role, name in engines.items()
        if name not in registry.BUILT_IN[role]
    ]

    assert unknown == []


def test_an_engine_is_made_from_its_settings() -> None:
    model = registry.create("chat_model", "stub", {"words_per_s": 7})

    assert (model.info.name, model.info.role) == ("stub", "chat_model")


def test_a_setting_that_an_engine_does_not_know_is_refused() -> None:
    with pytest.raises(SettingError, match="loudness"):
        registry.create("synthesizer", "stub", {"loudness": 11})


@pytest.mark.usefixtures("third_party")
def test_engines_of_others_come_after_ours() -> None:
    assert registry.names("recognizer") == [*registry.BUILT_IN["recognizer"], "parrot"]


@pytest.mark.usefixtures("third_party")
def test_an_engine_of_others_is_made_from_its_settings() -> None:
    assert registry.create("recognizer", "parrot", {"words": 3}) == ("parrot", {"words": 3})


@pytest.mark.usefixtures("third_party")
def test_an_engine_of_ours_cannot_be_replaced_by_name() -> None:
    assert registry.create("recognizer", "stub").info.name == "stub"


@pytest.mark.usefixtures("third_party")
def test_engines_are_listed_without_being_imported() -> None:
    assert "silent" in registry.names("synthesizer")


@pytest.mark.usefixtures("third_party")
def test_an_engine_serves_the_role_it_was_made_for_alone() -> None:
    with pytest.raises(SettingError) as caught:
        registry.create("voice_detector", "parrot")

    assert caught.value.message == "There is no voice detector called 'parrot'; known: silero."


@pytest.mark.usefixtures("third_party")
def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(SettingError) as caught:
        registry.create("recognizer", "ear")

    known = ", ".join([*registry.BUILT_IN["recognizer"], "parrot"])
    assert caught.value.message == f"There is no recognizer called 'ear'; known: {known}."


def test_the_finder_of_local_models_is_found() -> None:
    assert callable(registry.local_model_finder())
