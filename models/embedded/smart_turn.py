"""Smart Turn: whether a turn sounds complete, by a small Whisper encoder on the last eight seconds (Pipecat, BSD-2-Clause).

Needs onnxruntime and the weights, neither of which the default installation has. Its features are those of
`WhisperFeatureExtractor(chunk_length=8)` with normalisation, here in plain numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.support.known_settings import check_known
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import EngineInfo
from pipeline.errors import EngineUnavailable

Floats: TypeAlias = NDArray[np.float32]

NAME = "smart_turn"
FILE = "smart-turn-v3.2-cpu.onnx"
WEIGHTS = Path(__file__).parents[1] / "weights" / "smart-turn" / FILE
PULL = "python3 run.py models pull smart-turn"

HEARD = 8 * LINE_RATE
FRAME, HOP = 400, 160
MELS = 80


def create(settings: Mapping[str, Any]) -> SmartTurn:
    """`settings`: weights, the path of the ONNX file or of the folder it is in."""
    check_known(NAME, settings, "weights")
    path = Path(settings.get("weights", WEIGHTS))
    path = path / FILE if path.is_dir() else path
    if not path.is_file():
        raise EngineUnavailable(f"Smart Turn's weights are missing ({path.name}): {PULL}", engine=NAME)
    if find_spec("onnxruntime") is None:
        raise EngineUnavailable(f"Smart Turn needs the package onnxruntime: {PULL}", engine=NAME)
    try:
        return SmartTurn(path)
    except Exception as error:  # onnxruntime's errors have nothing else in common
        raise EngineUnavailable(
            f"{path.name} is damaged: python3 run.py models verify smart-turn", engine=NAME
        ) from error


class SmartTurn:
    """The shared network; every call stands alone, and may come from any thread."""

    info = EngineInfo(name=NAME, role="turn_model", rate=LINE_RATE)

    def __init__(self, path: Path) -> None:
        onnx = import_module("onnxruntime")
        options = onnx.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # sessions run side by side, not faster
        self._network = onnx.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def probability(self, pcm: Samples) -> float:
        """How likely it is that the turn that `pcm` ends with is complete, 0 to 1."""
        (result,) = self._network.run(None, {"input_features": log_mel(pcm)[np.newaxis]})
        return float(result[0, 0])

    def close(self) -> None:
        """Nothing to free."""


def log_mel(pcm: Samples) -> Floats:
    """Whisper's features of the last eight seconds, silence put before what is shorter: (80, 800)."""
    samples = np.zeros(HEARD, np.float32)
    heard = pcm[-HEARD:]
    samples[HEARD - len(heard) :] = heard / np.float32(32768)
    samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    padded = np.pad(samples, FRAME // 2, mode="reflect")
    window = np.hanning(FRAME + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(sliding_window_view(padded, FRAME)[::HOP][:-1] * window)
    power = spectrum.real**2 + spectrum.imag**2
    loudness = np.log10(np.maximum(power @ mel_filters(), 1e-10))
    result: Floats = (np.maximum(loudness, loudness.max() - 8) / 4 + 1).T.astype(np.float32)
    return result


@cache
def mel_filters() -> Floats:
    """Slaney's triangular filters over the bins of the spectrum, each of area 1: (201, 80)."""
    edges = _hertz(np.linspace(0, _mel(LINE_RATE / 2), MELS + 2))
    bins = np.linspace(0, LINE_RATE / 2, FRAME // 2 + 1)[:, np.newaxis]
    rising = (bins - edges[:-2]) / np.diff(edges[:-1])
    falling = (edges[2:] - bins) / np.diff(edges[1:])
    filters: Floats = (np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])).astype(np.float32)
    return filters


def _mel(hertz: float) -> float:
    """Slaney's scale: linear up to 1 kHz, logarithmic above."""
    return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * float(np.log(hertz / 1000) / np.log(6.4))


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))
