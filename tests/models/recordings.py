"""Real speech for the tests, where a developer's machine has it next to the checkout."""

from __future__ import annotations

import json
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE, Samples

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "speech"


@dataclass(frozen=True)
class Recording:
    """Mono speech at 16 kHz; what the index knows of it."""

    pcm: Samples
    about: dict[str, Any]

    def bounds(self) -> list[tuple[int, int]]:
        """First and last sample of each utterance."""
        return [(int(start * LINE_RATE), int(end * LINE_RATE)) for start, end in self.about["speech_segments_s"]]


def recording(file: str) -> Recording:
    """The recording of that name; skips the test where there is none."""
    if not (FOLDER / file).is_file():
        pytest.skip(f"the recording {file} is not on this machine")
    about = {entry["file"]: entry for entry in json.loads((FOLDER / "index.json").read_text())}
    with wave.open(str(FOLDER / file)) as source:
        assert (source.getframerate(), source.getnchannels()) == (LINE_RATE, 1)
        return Recording(np.frombuffer(source.readframes(source.getnframes()), np.int16), about[file])
