from __future__ import annotations

import pytest
from openai.types.audio import TranscriptionVerbose

from pipeline.engines.protocols import WordTime
from server.audio.decoding.track import Missing
from server.audio.hearing import Segment
from server.audio.written import (
    gap,
    language_heard,
    missing_header,
    missing_stretches,
    srt,
    verbose,
    vtt,
    whole_text,
)

HELLO = Segment(500, 1_250, "Hello, world.", "en", (WordTime("Hello,", 500, 800), WordTime(" world.", 820, 1_250)))
LATE = Segment(3_661_007, 3_662_999, "Bread & <butter>", "en")


def test_subrip_numbers_its_captions_and_writes_commas() -> None:
    assert srt([HELLO, LATE]) == (
        "1\n00:00:00,500 --> 00:00:01,250\nHello, world.\n\n2\n01:01:01,007 --> 01:01:02,999\nBread & <butter>\n\n"
    )


def test_webvtt_has_a_header_points_and_no_markup() -> None:
    assert vtt([HELLO, LATE]) == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:01.250\nHello, world.\n\n"
        "01:01:01.007 --> 01:01:02.999\nBread &amp; &lt;butter&gt;\n\n"
    )


def test_nothing_said_is_an_empty_file() -> None:
    assert (srt([]), vtt([]), whole_text([])) == ("", "WEBVTT\n\n", "")


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["one two", "three"], "one two three"),
        (["你好。", "再见。"], "你好。再见。"),
        (["你好", "hello", "再见"], "你好 hello 再见"),
    ],
)
def test_segments_join_as_their_languages_are_written(texts: list[str], whole: str) -> None:
    assert whole_text([Segment(0, 1, text) for text in texts]) == whole


def test_nothing_comes_before_the_first_piece() -> None:
    assert gap("", "one") == ""


def test_verbose_is_what_the_official_type_describes() -> None:
    written = verbose([HELLO, LATE], 3_700.25, "en", ("segment", "word"))
    parsed = TranscriptionVerbose.model_validate(written, strict=True)
    assert (parsed.duration, parsed.language, parsed.text) == (3_700.25, "english", "Hello, world. Bread & <butter>")
    assert [(segment.id, segment.start, segment.end) for segment in parsed.segments or ()] == [
        (0, 0.5, 1.25),
        (1, 3_661.007, 3_662.999),
    ]
    assert [word.model_dump() for word in parsed.words or ()] == [
        {"word": "Hello,", "start": 0.5, "end": 0.8},
        {"word": "world.", "start": 0.82, "end": 1.25},
    ]


def test_only_the_granularities_asked_for_are_there() -> None:
    assert "words" not in verbose([HELLO], 2.0, "en", ("segment",))
    assert "segments" not in verbose([HELLO], 2.0, "en", ("word",))


def test_the_language_is_that_of_most_segments_else_what_was_said_to_be() -> None:
    chinese = Segment(0, 1, "你好", "zh")
    assert language_heard([HELLO, chinese, chinese], "fr") == "zh"
    assert language_heard([Segment(0, 1, "?")], "fr") == "fr"


def test_stretches_that_are_missing_are_told_in_their_order_and_neighbours_as_one() -> None:
    missing = [Missing(5.0, None, "unreadable"), Missing(1.004, 1.5, "damaged"), Missing(2.0, 2.25, "damaged")]
    told = missing_stretches(missing)
    assert told == [
        {"start": 1.0, "end": 2.25, "reason": "damaged"},
        {"start": 5.0, "end": None, "reason": "unreadable"},
    ]
    assert missing_header(told) == "1.0-2.25, 5.0-"
