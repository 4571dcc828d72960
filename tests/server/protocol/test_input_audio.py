"""Microphone audio in messages: cut before it is decoded, bounded either way, and heard whole or not at all."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from pipeline.errors import InvalidRequest
from server.protocol.client_events import Format
from server.protocol.input_audio import InputAudio

FORMATS = [Format(rate=24_000), Format(rate=48_000), Format(type="audio/pcmu"), Format(type="audio/pcma")]
AUDIO = np.random.default_rng(1).integers(0, 256, 30_001).astype(np.uint8).tobytes()


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: f"{format.type} {format.rate}")
def test_slices_are_whole_samples_of_at_most_100_ms_and_join_to_what_was_sent(format: Format) -> None:
    audio, width = InputAudio(format, 10**6), 2 if format.type == "audio/pcm" else 1
    binary = list(audio.of_bytes(AUDIO))
    written = list(audio.of_base64(text_of(AUDIO)))

    assert b"".join(binary) == b"".join(written) == AUDIO
    assert max(map(len, binary + written)) <= format.samples_per_second * width / 10
    assert {len(piece) % width for piece in (binary + written)[:1]} == {0}


@pytest.mark.parametrize(
    "text",
    [
        text_of(AUDIO)[:-1],
        text_of(AUDIO) + "=",
        text_of(AUDIO[:-2]) + text_of(AUDIO[:-1]),
        text_of(AUDIO) + "\n",
        text_of(AUDIO) + "ÄÖÜß",
        text_of(AUDIO) + "ab=c",
        text_of(AUDIO) + "a-_b",
        "====",
    ],
    ids=["a character short", "too much padding", "padding inside", "a line end", "umlauts", "padding", "url", "empty"],
)
def test_of_an_append_that_is_not_base64_somewhere_nothing_is_heard(text: str) -> None:
    with pytest.raises(InvalidRequest, match="not base64"):
        InputAudio(Format(), 10**6).of_base64(text)


def test_binary_audio_is_bounded_as_base64_is() -> None:
    audio = InputAudio(Format(), len(AUDIO) - 6)

    with pytest.raises(InvalidRequest, match="too long"):
        audio.of_bytes(AUDIO)
    with pytest.raises(InvalidRequest, match="too long"):
        audio.of_base64(text_of(AUDIO))
    assert audio.received_samples == len(AUDIO) // 2


@pytest.mark.parametrize(("format", "samples"), [(Format(), 30_001), (Format(type="audio/pcmu"), 60_002)])
def test_received_samples_are_those_of_the_format_wherever_messages_are_cut(format: Format, samples: int) -> None:
    audio = InputAudio(format, 10**6)
    audio.of_bytes(AUDIO)
    audio.of_bytes(AUDIO)

    assert audio.received_samples == samples
