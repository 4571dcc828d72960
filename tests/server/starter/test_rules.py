"""What is fetched: what would be used here, if the settings do not say otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.downloads.catalogue import STARTER, Machine
from models.downloads.store import Store
from pipeline.engines.weights import Weights
from server.engines.selection import InstalledWeights
from server.settings import load_settings
from server.starter.rules import STOPPED, StarterRules, used
from tests.server.starter.pulling import Given, entry

WHISPER = entry("whisper", "recognizer", ("zh", "en", "fr"), rank=15)
JOE = entry("joe", "synthesizer", ("en",), rank=13)
KOKORO = entry("kokoro", "synthesizer", ("zh", "en"), rank=32, cores=2)
GB = 1_000_000_000
SET = [WHISPER, JOE, KOKORO]


def there(
    *installed: Given, languages: tuple[str, ...] = ("zh", "en"), cores: int = 2, without: str = ""
) -> InstalledWeights:
    weights = tuple(
        Weights(one.name, one.engine, one.part, Path("/w"), one.languages, rank=one.rank, cores=one.cores)
        for one in installed
    )
    return InstalledWeights(weights, languages, lambda module: module != without, cores=cores)


@pytest.mark.parametrize(
    ("on", "chosen", "fetched"),
    [
        (there(), [], ["whisper", "joe", "kokoro"]),
        (there(cores=1), [], ["whisper", "joe"]),
        (there(WHISPER), [], ["joe", "kokoro"]),
        (there(WHISPER, JOE, KOKORO), [], []),
        (there(), ["recognizer"], ["joe", "kokoro"]),
        (there(), ["recognizer", "synthesizer"], []),
        (there(languages=("fr",)), [], ["whisper"]),
        (there(languages=("zh",)), [], ["whisper", "kokoro"]),
        (there(languages=("de",)), [], []),
        (there(without="lib_joe"), [], ["whisper", "kokoro"]),
        (there(entry("better", "recognizer", ("zh", "en"), rank=20)), [], ["joe", "kokoro"]),
        (there(entry("better", "synthesizer", ("zh", "en"), rank=40)), [], ["whisper", "joe"]),
    ],
)
def test_what_would_be_used_and_is_not_there_is_fetched(
    on: InstalledWeights, chosen: list[str], fetched: list[str]
) -> None:
    assert [one.name for one in used(SET, on, chosen)] == fetched


def rules(folder: Path, language_model: dict[str, Any] | None = None, **flags: Any) -> StarterRules:
    return StarterRules(load_settings({"weights": folder, **flags}, {}), language_model)


@pytest.mark.parametrize(
    "flags",
    [
        {"starter": "off"},
        {"engines": "embedded"},
        {"engines": "stub"},
        {"recognizer": "pocketsphinx", "synthesizer": "embedded"},
        {"speech_model_url": "wss://api.example.org/v1/realtime"},
    ],
)
def test_nothing_is_fetched_where_it_is_switched_off_or_other_engines_are_chosen(
    flags: dict[str, Any], tmp_path: Path
) -> None:
    assert not rules(tmp_path, **flags).missing()


def test_a_machine_without_room_fetches_nothing(tmp_path: Path) -> None:
    settings = load_settings({"weights": tmp_path}, {})
    roomy = StarterRules(settings, machine=lambda _folder: Machine(2, 8 * GB, 90 * GB)).missing()
    full = StarterRules(settings, machine=lambda _folder: Machine(2, 8 * GB, GB)).missing()

    assert {one.name for one in roomy} <= set(STARTER)
    assert (len(roomy) > 0, list(full)) == (True, [])


def test_a_press_that_stopped_it_is_remembered_until_another_one(tmp_path: Path) -> None:
    at = rules(tmp_path / "weights")
    at.remember(stopped=True)
    told = (at.stopped, rules(tmp_path / "weights").stopped, Store(tmp_path / "weights").names())
    at.remember(stopped=False)

    assert (told, at.stopped) == ((True, True, []), False)
    assert not (tmp_path / "weights" / STOPPED).exists()
