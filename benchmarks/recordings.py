"""Recordings to talk with: a folder with an `index.json` (file, text, lang, seconds), given or beside the checkout."""

from __future__ import annotations

import json
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.audio.samples import Samples

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "speech"


@dataclass(frozen=True)
class Clip:
    """Mono speech at 16 kHz, cut to its first and last sound, with its words."""

    name: str
    text: str
    pcm: Samples


def english_clips(folder: Path, longest_s: float) -> list[Clip]:
    """The English clips with a known text, up to `longest_s`. Raises `FileNotFoundError` that says what is wanted."""
    return clips(folder, longest_s, "en")


def clips(folder: Path, longest_s: float, language: str) -> list[Clip]:
    """The same for any language."""
    index = folder / "index.json"
    if not index.is_file():
        raise FileNotFoundError(f"No recordings: {index} is not there. Give --speech FOLDER (see docs/performance.md).")
    entries = json.loads(index.read_text("utf-8"))
    wanted = [e for e in entries if e["lang"] == language and e.get("text") and e["seconds"] <= longest_s]
    return [Clip(e["file"], e["text"].replace("|", " "), _voiced(folder / e["file"])) for e in wanted]


def _voiced(path: Path) -> Samples:
    with wave.open(str(path)) as source:
        pcm = np.frombuffer(source.readframes(source.getnframes()), np.int16)
    frames = pcm[: len(pcm) // 320 * 320].reshape(-1, 320)
    loud = np.flatnonzero(np.abs(frames.astype(np.int32)).max(1) > 0.01 * np.abs(pcm.astype(np.int32)).max())
    return frames[loud[0] : loud[-1] + 1].ravel()
