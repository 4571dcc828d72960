"""Whisper as a recogniser, through CTranslate2: the weights that faster-whisper reads, on a CPU or a GPU.

The network lets go of the interpreter lock, so it computes on threads of this process, one core each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from models.embedded import silero
from models.whisper.library import NAME, checked_folder, cores
from models.whisper.network import Network
from models.whisper.slots import Slots
from models.whisper.stream import WhisperStream, decoded
from models.whisper.windows import Windows
from pipeline.audio.samples import LINE_RATE
from pipeline.engines.protocols import EngineInfo, VoiceDetector
from pipeline.errors import EngineUnavailable, SettingError


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    weights: str = ""
    """A folder of Whisper in CTranslate2's format: base, small, medium, turbo, …"""
    device: str = "auto"
    """auto, cpu or cuda."""
    compute_type: str = ""
    """What CTranslate2 computes with; empty for int8 on a CPU and float16 on a GPU."""
    languages: tuple[str, ...] = ("zh", "en")
    """What is listened for where a conversation names no language."""
    slots: int = 0
    """Decodes at once, one core each; 0 for the cores that there are."""


def create(settings: Mapping[str, Any]) -> WhisperRecognizer:
    """Load the network. Raises `EngineUnavailable` naming what is missing, `SettingError` for a setting that is wrong."""
    try:
        chosen = WhisperOptions(**{key: value for key, value in settings.items() if value not in ("", None)})
    except TypeError as error:
        raise SettingError(f"{NAME}: {error}") from error
    if chosen.device not in ("auto", "cpu", "cuda"):
        raise SettingError(f"{NAME}: device is auto, cpu or cuda, not {chosen.device!r}.")
    if chosen.slots < 0:
        raise SettingError(f"{NAME}: slots cannot be negative.")
    slots = chosen.slots or cores()
    network = Network(checked_folder(chosen.weights), chosen.device, chosen.compute_type, slots)
    return WhisperRecognizer(network, Slots(slots), tuple(chosen.languages))


class WhisperRecognizer:
    """The network, the slots to decode in, and a voice detector; utterances share all three."""

    def __init__(
        self,
        network: Network,
        slots: Slots,
        languages: Sequence[str] = (),
        *,
        detector: VoiceDetector | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.info = EngineInfo(NAME, "recognizer", network.languages, LINE_RATE, times_words=True)
        self._network, self._slots, self._clock = network, slots, clock
        self._detector: VoiceDetector = detector or silero.create({"gate": False})
        self._usual = tuple(tag for tag in languages if tag in network.languages) or network.languages

    def open(self, language: str = "") -> WhisperStream:
        return self._open(language)

    def open_recording(self, language: str = "") -> WhisperStream:
        """As `open`, without partial texts, which would be most of the work, and with the times of words."""
        return self._open(language, partials=False, timed=True)

    def open_timed(self, language: str = "") -> WhisperStream:
        """As `open`, with the times of words in what it settles on: 50 to 130 ms more, within the pause."""
        return self._open(language, timed=True)

    def close(self) -> None:
        self._slots.close()

    def _open(self, language: str, *, partials: bool = True, timed: bool = False) -> WhisperStream:
        tag = language.partition("-")[0]
        if tag and tag not in self.info.languages:
            raise EngineUnavailable(f"These weights do not understand {tag!r}.", engine=NAME)
        decode = partial(decoded, self._network, (tag,) if tag else self._usual, timed)
        windows = Windows(self._detector.open())
        return WhisperStream(decode, self._slots, windows, self._clock, partials=partials, timed=timed)
