"""Tiny networks in the formats of Piper and Kokoro as they are published: a tone for each phoneme."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto

from models.neural_voices.kokoro import networks as kokoro
from tests.models.tiny_networks import FLOAT, INT64, Graph, random_values
from tests.models.tiny_sherpa_voices import IPA, sing

DOUBLE = TensorProto.DOUBLE
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


KOKORO_VOICES = ("af_heart", "am_michael", "bf_emma", "zf_xiaoxiao", "zm_yunxi")


def build_kokoro(folder: Path, *, voices: tuple[str, ...] = KOKORO_VOICES, work: int = 0) -> Path:
    """A Kokoro in one file, with the inner values by which it is cut, and a folder of voices.

    Each phoneme lasts four frames of 25 ms and is a tone, higher for later voices; before and behind the text is silence.
    """
    graph = Graph()
    one, minus = graph.constant([1], np.int64), graph.constant([-1], np.int64)
    letters = graph("Cast", "tokens", to=FLOAT)
    frames = graph("Ceil", graph("Div", graph.constant([LETTER_FRAMES]), "speed"))
    graph("Add", graph("Mul", letters, graph.constant(0.0)), frames, output=kokoro.DURATIONS)
    wide = graph("Concat", one, one, graph("Cast", graph("Mul", frames, graph.constant(2.0)), to=INT64), axis=0)
    spread = graph("Expand", graph("Unsqueeze", letters, graph.constant([2], np.int64)), wide)
    graph("Reshape", spread, graph.constant([1, 1, -1], np.int64), output=kokoro.CONTENT)
    voiced = graph("Reshape", graph("Min", kokoro.CONTENT, graph.constant(1.0)), graph.constant([1, -1], np.int64))
    graph("Sub", voiced, graph.constant(0.5), output=kokoro.ENERGY)
    halves = graph("Mul", graph("Size", kokoro.CONTENT), graph.constant(60, np.int64))
    steps = graph("Add", halves, graph.constant(1, np.int64))
    ramp = graph("Range", graph.constant(0, np.int64), steps, graph.constant(1, np.int64))
    graph("Reshape", graph("Cast", ramp, to=FLOAT), graph.constant([1, 1, -1], np.int64), output=kokoro.HARMONICS)
    _tones(graph, minus, work)
    ports = [("tokens", INT64, (1, "T")), ("style", FLOAT, (1, 256)), ("speed", FLOAT, (1,))]
    graph.save(folder / "kokoro.onnx", ports, [("audio", FLOAT, ("S",))])
    (folder / "voices").mkdir()
    for number, voice in enumerate(voices):
        (folder / "voices" / f"{voice}.bin").write_bytes(np.full((510, 1, 256), number / 4, np.float32).tobytes())
    return folder


def _tones(graph: Graph, minus: str, work: int) -> None:
    """A tone for each frame of the content, whose phase goes by the ramp that stands for the harmonics.

    It is the louder, the less of the clause is silent, by a normalisation's mean as in Kokoro.
    """
    half = graph.constant([1, kokoro.FRAME // 2], np.int64)
    content = graph("Reshape", kokoro.CONTENT, graph.constant([-1, 1], np.int64))
    voiced = graph("Min", kokoro.CONTENT, graph.constant(1.0))
    mean = graph("ReduceMean", voiced, axes=[2], output="norm" + kokoro.MEAN)
    variance = graph("ReduceMean", graph("Mul", voiced, voiced), axes=[2], output="norm" + kokoro.VARIANCE)
    level = graph("Add", mean, graph("Mul", variance, graph.constant(0.0)))
    higher = graph("Add", graph("ReduceMax", "style", keepdims=0), graph.constant(1.0))
    hertz = graph("Mul", graph("Add", content, graph.constant(100.0)), higher)
    loud = graph(
        "Mul", graph("Mul", graph("Min", content, graph.constant(1.0)), graph("Squeeze", level)), graph.constant(0.4)
    )
    flat = [graph("Reshape", graph("Expand", value, half), minus) for value in (hertz, loud)]
    ramp = graph("Slice", kokoro.HARMONICS, graph.constant([0], np.int64), minus, graph.constant([2], np.int64))
    fives = graph("Mul", graph("Reshape", ramp, graph.constant([-1, 1], np.int64)), graph.constant(5.0))
    time = graph("Reshape", graph("Add", fives, graph.constant([[0, 1, 2, 3, 4]])), minus)
    turns = graph("Mul", *(graph("Cast", value, to=DOUBLE) for value in (flat[0], time)))
    phase = graph("Mul", turns, graph.constant(2 * np.pi / kokoro.RATE, np.float64))
    tone = graph("Mul", graph("Cast", graph("Sin", phase), to=FLOAT), flat[1])
    graph("Add", tone, _effort(graph, content, work), output="audio")


def _effort(graph: Graph, content: str, work: int) -> str:
    """Nothing, after so many products of a wide matrix for each frame: about 10 ms for 100 frames and a product."""
    size = 768
    made = graph("Add", content, graph.constant(random_values(1, size)))
    weights = graph.constant(random_values(size, size) / size**0.5)
    for _ in range(work):
        made = graph("Tanh", graph("MatMul", made, weights))
    return graph("Mul", graph("ReduceMax", made, keepdims=0), graph.constant(0.0))
