"""`bench spoken`: what is measured of a voice's sound, and a whole run with engines that are here without weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.scoring import spaced, word_errors
from benchmarks.sentences import SENTENCES
from benchmarks.speech_sound import sound
from benchmarks.spoken import main
from benchmarks.spoken_voices import syllables, table

RATE = 16_000


def tone(ms: int, amplitude: float = 0.5) -> np.ndarray:
    at = np.arange(RATE * ms // 1000) / RATE
    return (amplitude * 32_767 * np.sin(2 * np.pi * 200 * at)).astype(np.int16)


def silence(ms: int) -> np.ndarray:
    return np.zeros(RATE * ms // 1000, np.int16)


def test_silence_before_after_and_within_is_measured_from_the_loud_frames() -> None:
    measured = sound([silence(200), tone(500), silence(120), tone(300), silence(80)], RATE)

    assert (measured.lead_ms, measured.gap_ms, measured.trail_ms) == (200, 120, 80)
    assert measured.level_dbfs == pytest.approx(-9.0, abs=0.2)


def test_a_joint_that_jumps_is_a_click_and_one_that_goes_on_is_none() -> None:
    whole = tone(400)
    smooth = sound([whole[:3210], whole[3210:]], RATE)
    torn = sound([whole[:3210], whole[3260:]], RATE)

    assert smooth.click < 1.5 < 3 < torn.click


def test_silence_alone_has_no_level() -> None:
    assert sound([silence(100)], RATE).level_dbfs == -100.0
    assert sound([], RATE).lead_ms == 0


def test_chinese_is_counted_by_the_character_and_homophones_by_the_syllable() -> None:
    pytest.importorskip("pypinyin")

    assert word_errors(spaced("他在听歌"), spaced("他再听个")) == (2, 4)
    assert word_errors(syllables("他在听歌") or "", syllables("他再听个") or "") == (0, 4)


def test_every_language_has_twenty_sentences_without_figures() -> None:
    assert {language: len(set(sentences)) for language, sentences in SENTENCES.items()} == {"en": 20, "zh": 20}
    assert not any(character.isdigit() for sentences in SENTENCES.values() for text in sentences for character in text)


def test_each_voice_has_a_row_and_what_was_heard_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "spoken.json"
    arguments = ["--part", "voices", "--only", "espeak", "--voices", "1", "--sentences", "2", "--json", str(report)]

    status = main([*arguments, "--recognizer", "stub"])

    rows = json.loads(report.read_text())["voices"]
    assert (status, [(row["voice"], row["language"]) for row in rows]) == (
        0,
        [("espeak/en-us-female", "en"), ("espeak/cmn-female", "zh")],
    )
    assert all(row["error_rate"] > 0 and len(row["heard"]) == 2 and -40 < row["level_dbfs"] < -6 for row in rows)
    assert "| espeak espeak/cmn-female | zh |" in capsys.readouterr().out


def test_an_engine_that_cannot_speak_here_is_named_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--only", "sherpa", "--recognizer", "stub"])

    assert status == 1
    assert "sherpa: " in capsys.readouterr().out


def test_what_was_not_measured_stays_out_of_the_table() -> None:
    assert table([{"engine": "kazoo", "not_measured": "it has no weights"}]).splitlines()[2:] == [
        "",
        "kazoo: it has no weights",
    ]
