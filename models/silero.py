"""Silero VAD in plain numpy, so that hearing speech needs neither torch nor onnxruntime.

Network and weights (16 kHz, MIT licence) are those of the silero-vad wheel. In front stands WebRTC's detector, which
costs a twentieth: while neither has heard anything for a while, the network sleeps.
"""

from __future__ import annotations

import importlib.util
import json
import struct
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import LINE_RATE, Samples
from pipeline.engines import EngineInfo
from pipeline.errors import EngineUnavailable, SettingError

try:
    import webrtcvad
except ImportError:
    webrtcvad = None

Floats: TypeAlias = NDArray[np.float32]

WINDOW = 512
CONTEXT = 64
HIDDEN = 128
SPECTRUM = 129
GATE_FRAME_BYTES = LINE_RATE * 30 // 1000 * 2
WARM_UP = 3
"""Windows from before a wake-up that the network hears first: its memory of the silence is old by then."""


@dataclass(frozen=True, slots=True)
class Settings:
    gate: bool = True
    """Let the network sleep in silence."""
    gate_mode: int = 1
    """How sure WebRTC's detector must be to call something speech, 0 to 3; above 1 it sleeps through quiet voices."""
    sleep_windows: int = 20
    """Sleep after so many windows of 32 ms without speech."""
    sleep_probability: float = 0.1
    """A window counts as without speech when the network, too, is below this."""


def create(settings: Mapping[str, Any]) -> SileroDetector:
    try:
        return SileroDetector(SileroNetwork(read_safetensors(find_weights())), Settings(**settings))
    except TypeError as error:
        raise SettingError(f"silero: {error}") from error


class SileroDetector:
    """The shared weights; streams hold the memory."""

    info = EngineInfo(name="silero", role="voice_detector", rate=LINE_RATE)
    window = WINDOW

    def __init__(self, network: SileroNetwork, settings: Settings) -> None:
        if settings.gate and webrtcvad is None:
            raise EngineUnavailable(
                "WebRTC's voice detector is missing: pip install webrtcvad-wheels.", engine="silero"
            )
        self._network = network
        self._settings = settings

    def open(self) -> SileroStream:
        return SileroStream(self._network, self._settings)

    def close(self) -> None:
        """Nothing to free."""


class SileroStream:
    """One session's memory: the network's state, the last samples, and how long it has been quiet."""

    def __init__(self, network: SileroNetwork, settings: Settings) -> None:
        self._network = network
        self._settings = settings
        self._gate = _Gate(settings.gate_mode) if settings.gate else None
        self._state = network.initial(1)
        self._context = np.zeros(CONTEXT, np.float32)
        self._quiet = 0
        self._slept: deque[Samples] = deque(maxlen=WARM_UP + 1)

    @property
    def asleep(self) -> bool:
        """Whether the network rests."""
        return self._gate is not None and self._quiet >= self._settings.sleep_windows

    def probability(self, window: Samples) -> float:
        """How likely the next 512 samples are speech, 0 to 1; exactly 0 while asleep."""
        heard = self._gate is None or self._gate.hears(window)
        if self.asleep and not heard:
            self._slept.append(window.copy())
            return 0.0
        if self._slept:
            self._wake()
        result = self._step(window)
        self._quiet = self._quiet + 1 if not heard and result < self._settings.sleep_probability else 0
        return result

    def _wake(self) -> None:
        if len(self._slept) > WARM_UP:
            self._context = _floats(self._slept.popleft()[-CONTEXT:])
        for window in self._slept:
            self._step(window)
        self._slept.clear()

    def _step(self, window: Samples) -> float:
        samples = np.concatenate((self._context, _floats(window)))
        self._context = samples[-CONTEXT:]
        probabilities, h, c = self._network.step(samples[np.newaxis], *self._state)
        self._state = h, c
        return float(probabilities[0])


class _Gate:
    """WebRTC's detector, whose frames are 30 ms, over windows of any length."""

    def __init__(self, mode: int) -> None:
        self._vad = webrtcvad.Vad(mode)
        self._pending = b""

    def hears(self, window: Samples) -> bool:
        """Whether a frame that ends in this window sounds like speech."""
        data = self._pending + window.tobytes()
        heard = False
        while len(data) >= GATE_FRAME_BYTES:
            frame, data = data[:GATE_FRAME_BYTES], data[GATE_FRAME_BYTES:]
            heard |= self._vad.is_speech(frame, LINE_RATE)
        self._pending = data
        return heard


class SileroNetwork:
    """Spectrum, four convolutions, one LSTM cell, one output; stateless, for any number of streams at once."""

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self._basis = np.ascontiguousarray(weights["stft_conv.weight"][:, 0].T)
        self._convolutions = [
            (_taps_first(weights[f"conv{layer}.weight"]), weights[f"conv{layer}.bias"], stride)
            for layer, stride in ((1, 1), (2, 2), (3, 2), (4, 1))
        ]
        self._cell = np.concatenate((weights["lstm_cell.weight_ih"], weights["lstm_cell.weight_hh"]), axis=1).T.copy()
        self._cell_bias = weights["lstm_cell.bias_ih"] + weights["lstm_cell.bias_hh"]
        self._output = weights["final_conv.weight"][0, :, 0].copy()
        self._output_bias = weights["final_conv.bias"]

    def initial(self, streams: int) -> tuple[Floats, Floats]:
        """The state before any audio: h and c, each (streams, 128)."""
        return np.zeros((streams, HIDDEN), np.float32), np.zeros((streams, HIDDEN), np.float32)

    def step(self, windows: Floats, h: Floats, c: Floats) -> tuple[Floats, Floats, Floats]:
        """Speech probabilities (n,), next h and c (n, 128) of windows (n, 576): 64 old and 512 new samples, -1 to 1."""
        features = self._magnitudes(windows)
        for weight, bias, stride in self._convolutions:
            features = _convolve(features, weight, bias, stride)
        gates = np.concatenate((features[:, 0], h), axis=1) @ self._cell + self._cell_bias
        remember = _sigmoid(gates[:, HIDDEN : 2 * HIDDEN])
        c = remember * c + _sigmoid(gates[:, :HIDDEN]) * np.tanh(gates[:, 2 * HIDDEN : 3 * HIDDEN])
        h = _sigmoid(gates[:, 3 * HIDDEN :]) * np.tanh(c)
        return _sigmoid(np.maximum(h, 0.0) @ self._output + self._output_bias), h, c

    def _magnitudes(self, windows: Floats) -> Floats:
        """The short-time spectrum, (n, 4, 129): 256 samples every 128, the end mirrored by 64."""
        blocks = np.concatenate((windows, windows[:, -2 : -CONTEXT - 2 : -1]), axis=1).reshape(-1, 5, 128)
        frames = np.concatenate((blocks[:, :4], blocks[:, 1:]), axis=2)
        parts = frames.reshape(-1, 256) @ self._basis
        parts *= parts
        return np.sqrt(parts[:, :SPECTRUM] + parts[:, SPECTRUM:]).reshape(-1, 4, SPECTRUM)


def _taps_first(weight: Floats) -> Floats:
    """A kernel (out, in, 3) as a matrix (3 in, out)."""
    return weight.transpose(2, 1, 0).reshape(-1, len(weight)).copy()


def _convolve(features: Floats, weight: Floats, bias: Floats, stride: int) -> Floats:
    """A convolution over time, 3 taps and padding 1, and the rectifier: (n, t, in) to (n, t / stride, out)."""
    streams, steps, channels = features.shape
    padded = np.zeros((streams, steps + 2, channels), np.float32)
    padded[:, 1:-1] = features
    taps = np.concatenate([padded[:, tap : tap + steps : stride] for tap in range(3)], axis=2)
    product = taps.reshape(-1, 3 * channels) @ weight
    product += bias
    return np.maximum(product, 0.0, out=product).reshape(streams, -1, len(bias))


def _sigmoid(x: Floats) -> Floats:
    result: Floats = 0.5 * np.tanh(0.5 * x) + 0.5  # by way of tanh, which cannot overflow
    return result


def _floats(pcm: Samples) -> Floats:
    return np.multiply(pcm, 1 / 32768, dtype=np.float32)


def read_safetensors(path: Path) -> dict[str, Floats]:
    """The float32 tensors of a file: https://github.com/huggingface/safetensors#format"""
    data = path.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    body = np.frombuffer(data, np.float32, offset=8 + size)
    return {
        name: body[entry["data_offsets"][0] // 4 : entry["data_offsets"][1] // 4].reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def find_weights(package: str = "silero_vad") -> Path:
    """Where the wheel's file lies; found without importing the wheel, since its own code imports torch."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "data" / "silero_vad_16k.safetensors"
        if path.is_file():
            return path
    raise EngineUnavailable("Silero's weights are missing: pip install --no-deps silero-vad.", engine="silero")
