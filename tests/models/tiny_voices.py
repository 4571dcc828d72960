"""Tiny networks in the formats of Piper and Kokoro as they are published: a tone for each phoneme."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.models.tiny_networks import FLOAT, INT64, Graph
from tests.models.tiny_sherpa_voices import IPA, sing

PIPER_RATE, FRAME = 22_050, 256
LETTER_FRAMES = 4.0
"""How long a phoneme or the pad behind it lasts at natural speed."""


def build_piper(
    folder: Path,
    *,
    speakers: int = 1,
    work: int = 0,
    timed: bool = True,
    language: str = "en-us",
    dataset: str = "tiny",
) -> Path:
    """A voice that sings one tone a phoneme. timed: whether its durations have the name that Piper's exporter gives them."""
    graph = Graph()
    scale = graph("Slice", "scales", graph.constant([1], np.int64), graph.constant([2], np.int64))
    frames = graph("Ceil", graph("Mul", graph("Squeeze", scale), graph.constant(LETTER_FRAMES)))
    zeros = graph("Mul", graph("Cast", "input", to=FLOAT), graph.constant(0.0))
    durations = graph("Add", zeros, frames, output="/Ceil_output_0" if timed else "durations")
    hop = graph("Mul", graph("ReduceMax", durations, keepdims=0), graph.constant(float(FRAME)))
    tone = sing(graph, "input", hop, PIPER_RATE, speaker="sid" if speakers > 1 else "", work=work)
    graph("Reshape", tone, graph.constant([1, 1, 1, -1], np.int64), output="output")
    ports = [("input", INT64, ("N", "T")), ("input_lengths", INT64, ("N",)), ("scales", FLOAT, (3,))]
    ports += [("sid", INT64, ("N",))] if speakers > 1 else []
    graph.save(folder / "voice.onnx", ports, [("output", FLOAT, ("N", "T", 1, "S"))])
    facts = {
        "audio": {"sample_rate": PIPER_RATE, "quality": "medium"},
        "espeak": {"voice": language},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_id_map": {letter: [number] for number, letter in enumerate(IPA)},
        "num_speakers": speakers,
        "speaker_id_map": {f"p{number}": number for number in range(speakers)} if speakers > 1 else {},
        "dataset": dataset,
    }
    (folder / "voice.onnx.json").write_text(json.dumps(facts), "utf-8")
    return folder
