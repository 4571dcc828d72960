"""Silero VAD in plain numpy, so that hearing speech needs neither torch nor onnxruntime.

Network and weights (16 kHz, MIT licence) are those of the silero-vad wheel. In front stands WebRTC's detector, which
costs a twentieth: while neither has heard anything for a while, the network sleeps.
"""

from __future__ import annotations

import importlib.util
import json
import struct
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import EngineInfo
from pipeline.errors import EngineUnavailable, SettingError

try:
    import webrtcvad
except ImportError:
    webrtcvad = None

Floats: TypeAlias = NDArray[np.float32]

WINDOW = 512
CONTEXT = 64
HIDDEN = 128
MEMORY = CONTEXT + 2 * HIDDEN
FRAME = 256
HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)
GATE_FRAME_BYTES = LINE_RATE * 30 // 1000 * 2
WARM_UP = 3
"""Windows from before a wake-up that the network hears first: its memory of the silence is old by then."""


@dataclass(frozen=True, slots=True)
class SileroOptions:
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
        return SileroDetector(SileroNetwork(read_safetensors(find_weights())), SileroOptions(**settings))
    except TypeError as error:
        raise SettingError(f"silero: {error}") from error


class SileroDetector:
    """The shared weights; streams hold the memory."""

    info = EngineInfo(name="silero", role="voice_detector", rate=LINE_RATE)
    window = WINDOW

    def __init__(self, network: SileroNetwork, settings: SileroOptions) -> None:
        if settings.gate and webrtcvad is None:
            raise EngineUnavailable(
                "WebRTC's voice detector is missing: pip install webrtcvad-wheels.", engine="silero"
            )
        self._network = network
        self._settings = settings

    def open(self) -> SileroStream:
        return SileroStream(self._network, self._settings)

    def probabilities(self, streams: Sequence[SileroStream], windows: Sequence[Samples]) -> list[float]:
        """As `probability` of each stream, in one pass of the network over those that are awake."""
        results = [0.0] * len(streams)
        awake = [index for index, stream in enumerate(streams) if stream.hears(windows[index])]
        if awake:
            found = step_together(self._network, [streams[i] for i in awake], [windows[i] for i in awake])
            for index, probability in zip(awake, found, strict=True):
                results[index] = probability
                streams[index].judged(probability)
        return results

    def close(self) -> None:
        """Nothing to free."""


class SileroStream:
    """One session's memory: the network's state, the last samples, and how long it has been quiet."""

    def __init__(self, network: SileroNetwork, settings: SileroOptions) -> None:
        self._network = network
        self._settings = settings
        self._gate = _Gate(settings.gate_mode) if settings.gate else None
        self._heard = True
        self._quiet = 0
        self._slept: deque[Samples] = deque(maxlen=WARM_UP + 1)
        self.memory = np.zeros(MEMORY, np.float32)
        """The last samples, then the network's state: h and c."""

    @property
    def asleep(self) -> bool:
        """Whether the network rests."""
        return self._gate is not None and self._quiet >= self._settings.sleep_windows

    def probability(self, window: Samples) -> float:
        """How likely the next 512 samples are speech, 0 to 1; exactly 0 while asleep."""
        if not self.hears(window):
            return 0.0
        (result,) = step_together(self._network, [self], [window])
        self.judged(result)
        return result

    def hears(self, window: Samples) -> bool:
        """Whether the network is awake for this window; it must be asked before it. Wakes it where it must."""
        self._heard = self._gate is None or self._gate.hears(window)
        if self.asleep and not self._heard:
            self._slept.append(window.copy())
            return False
        if self._slept:
            self._wake()
        return True

    def judged(self, probability: float) -> None:
        """What the network said of the window that was asked for last."""
        quiet = not self._heard and probability < self._settings.sleep_probability
        self._quiet = self._quiet + 1 if quiet else 0

    def _wake(self) -> None:
        if len(self._slept) > WARM_UP:
            self.memory[:CONTEXT] = _floats(self._slept.popleft()[-CONTEXT:])
        for window in self._slept:
            step_together(self._network, [self], [window])
        self._slept.clear()


def step_together(network: SileroNetwork, streams: Sequence[SileroStream], windows: Sequence[Samples]) -> list[float]:
    """One step of the network for all; every stream keeps what it must remember."""
    count = len(streams)
    memories = np.concatenate([stream.memory for stream in streams]).reshape(count, MEMORY)
    samples = np.empty((count, CONTEXT + WINDOW), np.float32)
    samples[:, :CONTEXT] = memories[:, :CONTEXT]
    samples[:, CONTEXT:] = _floats(np.concatenate(windows)).reshape(count, WINDOW)
    h, c = memories[:, CONTEXT : CONTEXT + HIDDEN], memories[:, CONTEXT + HIDDEN :]
    probabilities, h, c = network.step(samples, h, c)
    memories = np.concatenate((samples[:, WINDOW:], h, c), axis=1)
    for stream, memory in zip(streams, memories, strict=True):
        stream.memory = memory.copy()  # a view would keep the memories of all the others
    return [float(probability) for probability in probabilities]


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
    """Spectrum, four convolutions, one LSTM cell, one output; stateless, for any number of streams at once.

    A sigmoid is `(tanh(x / 2) + 1) / 2`, which cannot overflow; the halves are in the weights: one call does all gates.
    """

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self._convolutions = [
            (_taps_first(weights[f"conv{layer}.weight"]), weights[f"conv{layer}.bias"], stride)
            for layer, stride in ((1, 1), (2, 2), (3, 2), (4, 1))
        ]
        cell = np.concatenate((weights["lstm_cell.weight_ih"], weights["lstm_cell.weight_hh"]), axis=1)
        self._cell = np.ascontiguousarray(_gates_in_order(cell).T)
        self._cell_bias = _gates_in_order(weights["lstm_cell.bias_ih"] + weights["lstm_cell.bias_hh"])
        self._output = weights["final_conv.weight"][0, :, 0] / 2
        self._output_bias = weights["final_conv.bias"] / 2

    def initial(self, streams: int) -> tuple[Floats, Floats]:
        """The state before any audio: h and c, each (streams, 128)."""
        return np.zeros((streams, HIDDEN), np.float32), np.zeros((streams, HIDDEN), np.float32)

    def step(self, windows: Floats, h: Floats, c: Floats) -> tuple[Floats, Floats, Floats]:
        """Speech probabilities (n,), next h and c (n, 128) of windows (n, 576): 64 old and 512 new samples, -1 to 1."""
        features = _magnitudes(windows)
        for weight, bias, stride in self._convolutions:
            features = _convolve(features, weight, bias, stride)
        gates = np.concatenate((features[:, 0], h), axis=1) @ self._cell
        gates += self._cell_bias
        np.tanh(gates, out=gates)
        sigmoids = gates[:, : 3 * HIDDEN]
        sigmoids += 1
        sigmoids *= 0.5
        enter, keep, leave, candidate = (gates[:, at : at + HIDDEN] for at in range(0, 4 * HIDDEN, HIDDEN))
        c = keep * c + enter * candidate
        h = leave * np.tanh(c)
        return (np.tanh(np.maximum(h, 0) @ self._output + self._output_bias) + 1) / 2, h, c


def _magnitudes(windows: Floats) -> Floats:
    """The short-time spectrum, (n, 4, 129): 256 samples every 128, the end mirrored by 64.

    The network's own first layer holds the same transform as a matrix, which takes up to twice as long.
    """
    padded = np.concatenate((windows, windows[:, -2 : -CONTEXT - 2 : -1]), axis=1)
    row, item = padded.strides
    frames = np.ndarray((len(windows), 4, FRAME), np.float32, padded, 0, (row, item * FRAME // 2, item))
    spectrum = np.fft.rfft(frames * HANN).view(np.float32)
    spectrum *= spectrum
    power = spectrum[..., ::2] + spectrum[..., 1::2]
    return np.sqrt(power, out=power)


def _taps_first(weight: Floats) -> Floats:
    """A kernel (out, in, 3) as a matrix (3 in, out)."""
    return weight.transpose(2, 1, 0).reshape(-1, len(weight)).copy()


def _gates_in_order(weight: Floats) -> Floats:
    """The gates of the cell, the three with a sigmoid first and halved: input, forget, output, then the candidate."""
    enter, keep, candidate, leave = np.split(weight, 4)
    return np.concatenate((enter / 2, keep / 2, leave / 2, candidate))


def _convolve(features: Floats, weight: Floats, bias: Floats, stride: int) -> Floats:
    """A convolution over time, 3 taps and padding 1, and the rectifier: (n, t, in) to (n, t / stride, out)."""
    streams, steps, channels = features.shape
    padded = np.zeros((streams, steps + 2, channels), np.float32)
    padded[:, 1:-1] = features
    row, step, item = padded.strides
    taps = np.ndarray((streams, steps // stride, 3 * channels), np.float32, padded, 0, (row, step * stride, item))
    product = taps.reshape(-1, 3 * channels) @ weight
    product += bias
    return np.maximum(product, 0, out=product).reshape(streams, -1, len(bias))


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
