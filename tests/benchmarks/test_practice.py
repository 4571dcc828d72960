"""`bench practice`: what is known of its talks, and a talk that is heard as a server hears it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.practice import main, sums
from benchmarks.practised.talks import Talk, Turn
from benchmarks.practised.truth import truth
from benchmarks.recordings import BESIDE
from pipeline.practice.measures.definitions import definitions
from pipeline.practice.speech import Span

NOTHING = np.zeros(0, np.int16)


def test_without_recordings_it_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--speech", str(tmp_path)]) == 2
    assert "index.json" in capsys.readouterr().out


def test_the_truth_is_counted_from_what_was_put_together() -> None:
    words = [("we", 0, 500), ("went", 500, 1_000), ("um", 2_000, 3_000), ("home", 3_000, 4_000)]
    voiced = [Span(0, 1_000), Span(2_000, 4_000)]
    turn = Turn(NOTHING, "we went. um home", words, voiced, [("between", 1_000)], 1, 0, 700)
    known = truth(Talk("one", "en", [turn], 4_000, ["we", "went", "home"], 3))

    assert known == {
        "pace": 45,
        "speech_rate": 0.75,
        "articulation_rate": 1,
        "phonation_ratio": 75,
        "run_length": 1.5,
        "pauses": 15,
        "pauses_within": 0,
        "pauses_between": 15,
        "pause_length": 1,
        "fillers": pytest.approx(100 / 3),
        "repairs": 0,
        "answer_delay": 0.7,
        "monologue": 4,
        "talk_share": 50,
    }
    assert set(known) < {one.id for one in definitions("en")}


def test_differences_of_single_talks_do_not_cancel_out() -> None:
    rows = [
        {"measure": "pace", "way": "w", "truth": 100.0, "measured": measured, "talk": "t"} for measured in (90.0, 110.0)
    ]

    assert sums(rows) == {("pace", "w"): (100, 100, pytest.approx(0.1))}


@pytest.mark.speech
def test_a_synthesised_talk_is_measured_right(capsys: pytest.CaptureFixture[str]) -> None:
    if not (BESIDE / "index.json").is_file():
        pytest.skip("no recordings beside the checkout")

    assert main(["--talk", "travel", "--no-recogniser"]) == 0
    assert "detector, true words" in capsys.readouterr().out
