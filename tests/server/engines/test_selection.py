from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.engines.protocols import Role
from pipeline.engines.weights import Weights
from pipeline.errors import SettingError
from server.engines.selection import Choice, InstalledWeights, wanted

BOTH = ("zh", "en")
EMBEDDED = {
    "chat_model": "scripted",
    "voice_detector": "silero",
    "turn_model": "embedded",
    "recognizer": "pocketsphinx",
    "synthesizer": "embedded",
}


def weights(name: str, engine: str, part: str, rank: int = 1, **rest: object) -> Weights:
    library = {"sherpa": "sherpa_onnx", "funasr": "funasr"}.get(engine, "onnxruntime")
    about: dict[str, object] = {"languages": BOTH, "libraries": (library,), "rank": rank, **rest}
    return Weights(name, engine, part, Path("/w") / name, **about)  # type: ignore[arg-type]


ZIPFORMER = weights("zipformer", "sherpa", "recognizer", 20)
PARAFORMER = weights("paraformer", "sherpa", "recognizer", 10)
SENSE = weights("sense", "sherpa", "second_pass", 20)
FUNASR = weights("funasr-one", "funasr", "recognizer", 30, gpu=True)
FUNASR_SENSE = weights("funasr-sense", "funasr", "second_pass", 30, gpu=True)
FUNASR_VAD = weights("funasr-vad", "funasr", "vad", 0, gpu=True)
KOKORO = weights("kokoro", "sherpa", "synthesizer", 30, cores=6)
MATCHA = weights("matcha", "sherpa", "synthesizer", 22)
AMY = weights("amy", "sherpa", "synthesizer", 25, languages=("en",))
ZIPVOICE = weights("zipvoice", "sherpa", "synthesizer", 0)
SMART = weights("smart", "smart_turn", "turn_model", 20)
HUAYAN = weights("huayan", "sherpa", "synthesizer", 10, languages=("zh",))
JOE = weights("joe", "piper", "synthesizer", 18, languages=("en",))
FAST = weights("fast", "fast", "synthesizer", 28, cores=2)
CALM = weights("calm", "calm", "synthesizer", 32, cores=2, lead_cores=4)
FRENCH = weights("french", "piper", "synthesizer", 28, languages=("fr",))
WHISPER = weights("base", "whisper", "recognizer", 15, languages=("en", "de", "zh"))
ALL = (ZIPFORMER, PARAFORMER, SENSE, FUNASR, FUNASR_SENSE, FUNASR_VAD, KOKORO, MATCHA, AMY, ZIPVOICE, SMART)


def installed_weights(*installed: Weights, without: str = "", gpu: bool = False, cores: int = 2) -> InstalledWeights:
    return InstalledWeights(installed, BOTH, lambda module: module != without, gpu, cores)


def told(engines: str, explicit: Mapping[Role, str], on: InstalledWeights) -> dict[str, str]:
    """How engines are spelled that are not the embedded ones, and without those, which stand in for them."""
    names = wanted(engines, explicit, on).items()
    return {role: name.removesuffix(f", {EMBEDDED[role]}") for role, name in names if name != EMBEDDED.get(role)}


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (installed_weights(), {}),
        (installed_weights(PARAFORMER), {"recognizer": "sherpa:paraformer"}),
        (installed_weights(PARAFORMER, ZIPFORMER), {"recognizer": "sherpa:zipformer"}),
        (installed_weights(ZIPFORMER, without="sherpa_onnx"), {}),
        (installed_weights(SENSE, SMART), {}),
        (installed_weights(KOKORO, cores=2), {}),
        (installed_weights(KOKORO, MATCHA, cores=2), {"synthesizer": "sherpa:matcha"}),
        (installed_weights(KOKORO, MATCHA, cores=6), {"synthesizer": "sherpa:kokoro"}),
        (installed_weights(CALM, JOE, cores=4), {"synthesizer": "calm:calm, piper:joe"}),
        (installed_weights(CALM, JOE, cores=2), {"synthesizer": "piper:joe, calm:calm"}),
        (installed_weights(CALM, MATCHA, cores=2), {"synthesizer": "sherpa:matcha"}),
        (installed_weights(CALM, cores=2), {"synthesizer": "calm:calm"}),
        (installed_weights(AMY), {"synthesizer": "sherpa:amy"}),
        (installed_weights(AMY, HUAYAN), {"synthesizer": "sherpa:amy, sherpa:huayan"}),
        (installed_weights(JOE), {"synthesizer": "piper:joe"}),
        (installed_weights(JOE, FAST), {"synthesizer": "fast:fast, piper:joe"}),
        (installed_weights(JOE, FAST, cores=1), {"synthesizer": "piper:joe"}),
        (installed_weights(JOE, AMY), {"synthesizer": "sherpa:amy, piper:joe"}),
        (installed_weights(FRENCH), {}),
        (installed_weights(WHISPER), {"recognizer": "whisper:base"}),
        (installed_weights(WHISPER, ZIPFORMER), {"recognizer": "sherpa:zipformer"}),
        (installed_weights(AMY, MATCHA), {"synthesizer": "sherpa:matcha"}),
        (installed_weights(ZIPVOICE), {}),
        (installed_weights(FUNASR, FUNASR_SENSE), {}),
        (installed_weights(FUNASR, gpu=True, without="funasr"), {}),
        (installed_weights(*ALL), {"recognizer": "sherpa:zipformer", "synthesizer": "sherpa:matcha"}),
        (
            installed_weights(*ALL, gpu=True, cores=8),
            {"recognizer": "funasr:funasr-one", "synthesizer": "sherpa:kokoro"},
        ),
    ],
)
def test_auto_takes_those_that_work_here_and_together_do_all_languages_best(
    on: InstalledWeights, found: dict[str, str]
) -> None:
    assert told("auto", {}, on) == found


def test_with_auto_the_embedded_engine_stands_in_for_the_best() -> None:
    assert wanted("auto", {}, installed_weights(PARAFORMER))["recognizer"] == "sherpa:paraformer, pocketsphinx"


def test_an_embedded_engine_whose_library_is_missing_stands_in_for_nothing() -> None:
    there = installed_weights(PARAFORMER, MATCHA, without="pocketsphinx")

    names = wanted("auto", {}, there)

    assert (names["recognizer"], names["synthesizer"]) == ("sherpa:paraformer", "sherpa:matcha, embedded")


def test_the_embedded_set_stays_embedded_whatever_is_installed() -> None:
    assert told("embedded", {}, installed_weights(*ALL, gpu=True, cores=8)) == {}


def test_the_stub_set_is_what_it_was() -> None:
    assert wanted("stub", {}, installed_weights(*ALL)) == {
        "chat_model": "stub",
        "voice_detector": "silero",
        "turn_model": "pitch",
        "recognizer": "stub",
        "synthesizer": "stub",
    }


@pytest.mark.parametrize("engines", ["auto", "embedded"])
def test_an_engine_that_is_named_wins_over_what_is_best(engines: str) -> None:
    explicit: dict[Role, str] = {"recognizer": "pocketsphinx", "synthesizer": "sherpa:amy", "turn_model": "none"}

    names = wanted(engines, explicit, installed_weights(*ALL))

    assert (names["recognizer"], names["synthesizer"], "turn_model" in names) == ("pocketsphinx", "sherpa:amy", False)


def test_an_engine_named_without_weights_gets_its_best_and_what_else_it_can_use() -> None:
    choice = installed_weights(PARAFORMER, ZIPFORMER, SENSE).choice("recognizer", "sherpa")

    assert choice == Choice("sherpa", "zipformer", {"weights": "/w/zipformer", "second_pass": "/w/sense"})


def test_weights_that_are_named_are_taken_though_others_are_better() -> None:
    choice = installed_weights(PARAFORMER, ZIPFORMER, SENSE).choice("recognizer", " sherpa:paraformer ")

    assert choice == Choice("sherpa", "paraformer", {"weights": "/w/paraformer", "second_pass": "/w/sense"})


def test_a_second_pass_that_can_do_alone_does_so_where_it_is_named() -> None:
    assert installed_weights(ZIPFORMER, SENSE).choice("recognizer", "sherpa:sense") == Choice(
        "sherpa", "sense", {"weights": "/w/sense"}
    )


def test_funasr_gets_its_own_companions_and_none_of_another_engines() -> None:
    choice = installed_weights(*ALL, gpu=True).choice("recognizer", "funasr")

    assert choice.options == {"weights": "/w/funasr-one", "second_pass": "/w/funasr-sense", "vad": "/w/funasr-vad"}


def test_an_engine_without_weights_is_left_to_say_what_it_lacks() -> None:
    assert installed_weights().choice("recognizer", "sherpa") == Choice("sherpa")


def test_the_embedded_turn_model_is_told_where_smart_turn_lies_if_it_can_run() -> None:
    assert installed_weights(SMART).choice("turn_model", "embedded") == Choice("embedded", "", {"weights": "/w/smart"})
    assert installed_weights(SMART, without="onnxruntime").choice("turn_model", "embedded") == Choice("embedded")
    assert installed_weights(SMART).choice("turn_model", "smart_turn") == Choice(
        "smart_turn", "smart", {"weights": "/w/smart"}
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "sherpa:gone",
            r"no weights 'gone' for sherpa as recognizer; installed for it: zipformer\. .*models pull gone",
        ),
        (
            "funasr:gone",
            r"no weights 'gone' for funasr as recognizer; none are installed for it\. python3 run\.py models",
        ),
        ("funasr:funasr-sense", "funasr-sense are weights of funasr as second pass, not of funasr as recognizer"),
        ("funasr:zipformer", "zipformer are weights of sherpa as recognizer, not of funasr as recognizer"),
        ("sherpa:", "'sherpa:' names no weights"),
    ],
)
def test_weights_that_are_not_there_are_told_with_what_to_do(name: str, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        installed_weights(ZIPFORMER, SENSE, FUNASR_SENSE).choice("recognizer", name)


def test_an_unknown_set_names_the_known_ones() -> None:
    with pytest.raises(SettingError, match=r"There is no engine set 'best' .*; known: auto, embedded, stub"):
        wanted("best", {}, installed_weights())


def test_an_engine_for_a_gpu_that_is_named_without_one_gets_all_its_parts() -> None:
    choice = installed_weights(FUNASR, FUNASR_SENSE, FUNASR_VAD).choice("recognizer", "funasr")

    assert set(choice.options) == {"weights", "second_pass", "vad"}
