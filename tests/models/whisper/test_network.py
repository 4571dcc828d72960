"""What is believed of a decode: the gate for what is no speech, and when it is done again. The model is told its words."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.whisper.network import Network
from pipeline.audio.samples import LINE_RATE

for package in ("ctranslate2", "tokenizers", "opencc"):
    pytest.importorskip(package, reason=f"{package} is not installed")

tiny_whisper = pytest.importorskip("tests.models.tiny_whisper")

SECOND = np.ones(LINE_RATE, np.int16)
WORDS = [5, 6, 7]


@dataclass
class Found:
    """A model that finds these tokens by the seconds that it hears, with these probabilities."""

    tokens: dict[int, list[int]]
    no_speech: float = 0.1
    score: float = -0.2
    n_mels: int = 80
    is_multilingual: bool = True
    heard_s: list[int] = field(default_factory=list)

    def encode(self, features: Any) -> int:
        self.heard_s.append(features.shape[2] // 100)
        return self.heard_s[-1]

    def generate(self, encoded: int, _prompts: Any, **_options: Any) -> list[Any]:
        tokens = self.tokens[encoded]
        return [SimpleNamespace(sequences_ids=[tokens], scores=[self.score], no_speech_prob=self.no_speech)]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder: Path = tiny_whisper.build(tmp_path_factory.mktemp("tiny"))
    return Network(folder, "cpu", "", 1)


def decoded(network: Network, model: Found, *, insist: bool = False) -> tuple[str, bool]:
    """The text, and whether it loops; `network`'s own model is back afterwards."""
    own, network._model = network._model, model
    try:
        result = network.decode(SECOND, ("en",), insist=insist)
    finally:
        network._model = own
    return result.text, result.loops


@pytest.mark.parametrize(
    ("no_speech", "score", "heard"),
    [(0.9, -1.6, False), (0.9, -0.5, True), (0.2, -1.6, True), (0.2, -0.2, True), (0.61, -1.4, False)],
)
def test_it_was_no_speech_only_if_both_probabilities_say_so(
    network: Network, no_speech: float, score: float, heard: bool
) -> None:
    assert bool(decoded(network, Found({5: WORDS}, no_speech, score))[0]) is heard


def test_what_loops_is_decoded_with_more_silence_and_then_with_the_whole_window(network: Network) -> None:
    model = Found({5: WORDS * 8, 9: WORDS * 9, 30: WORDS})
    text, loops = decoded(network, model, insist=True)

    assert (model.heard_s, loops) == ([5, 9, 30], False)
    assert text == network._text(WORDS, "en").strip()


def test_what_two_decodes_agree_on_was_said(network: Network) -> None:
    model = Found({5: WORDS * 2, 9: WORDS * 2})
    text, _ = decoded(network, model, insist=True)

    assert (model.heard_s, text) == ([5, 9], network._text(WORDS * 2, "en").strip())


def test_on_what_loops_nobody_insists_for_a_partial_text(network: Network) -> None:
    model = Found({5: WORDS * 8})

    assert (decoded(network, model)[1], model.heard_s) == (True, [5])
