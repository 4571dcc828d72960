"""Microphone audio of all clients, taken in rounds: one matrix product resamples the pieces of many.

While few messages come, a round follows at the end of the loop's current one, so that no audio waits. While many come,
rounds are `APART_S` apart, so that pieces of different clients meet in one; and so do their windows in voice detection.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from pipeline.audio.resample import resample_together
from pipeline.audio.samples import Samples
from server.protocol.audio_format import Decoder
from server.protocol.client_events import Format

APART_S = 0.008
"""From one round to the next while many messages come: the most that it adds to the time to an answer."""

MANY, WITHIN_S = 16, 0.032
"""So many messages within so many seconds are many: those of about ten clients who send 20 ms in each."""


class AudioRounds:
    """The rounds of one event loop."""

    def __init__(self) -> None:
        self._waiting: list[Microphone] = []
        self._lately: deque[float] = deque(maxlen=MANY)
        self._last_round = 0.0

    def wait(self, microphone: Microphone) -> None:
        """`microphone`, which waited for nothing yet, has audio for the next round."""
        if not self._waiting:
            loop = asyncio.get_running_loop()
            now, due = loop.time(), self._last_round + APART_S
            many = len(self._lately) == MANY and now - self._lately[0] < WITHIN_S
            if many and due > now:
                loop.call_at(due, self._round)
            else:
                loop.call_soon(self._round)
        self._waiting.append(microphone)

    def _round(self) -> None:
        microphones, self._waiting = self._waiting, []
        for microphone in microphones:
            microphone.waits = False
        self._last_round = asyncio.get_running_loop().time()
        self._lately.extend([self._last_round] * len(microphones))
        pieces = [microphone.samples() for microphone in microphones]
        for microphone, pcm in zip(
            microphones, resample_together([m.decoder.resample for m in microphones], pieces), strict=True
        ):
            microphone.give(pcm)


class Microphone:
    """One client's audio on its way to its session's `accept_audio`; `fail` is told what that raised in a round."""

    def __init__(
        self,
        rounds: AudioRounds,
        format: Format,
        accept_audio: Callable[[Samples], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._rounds, self._accept_audio, self._fail = rounds, accept_audio, fail
        self._pieces: list[bytes] = []
        self.waits = False
        self.waiting_bytes = 0
        self.decoder = Decoder(format)

    def use(self, format: Format) -> None:
        """From here on audio is of this format. What waits must have been flushed."""
        self.decoder = Decoder(format)

    def push(self, data: bytes) -> None:
        """Queue audio for the next round."""
        self._pieces.append(data)
        self.waiting_bytes += len(data)
        if not self.waits:
            self.waits = True
            self._rounds.wait(self)

    def flush(self) -> None:
        """Have all that waits heard before this returns. Raises what the session does."""
        if self._pieces:
            self._accept_audio(self.decoder.resample(self.samples()))

    def samples(self) -> Samples:
        """What waits, which from now on waits no longer; at the client's rate."""
        data, self._pieces, self.waiting_bytes = b"".join(self._pieces), [], 0
        return self.decoder.samples(data)

    def give(self, pcm: Samples) -> None:
        """Pass the resampled audio of this round on."""
        try:
            if len(pcm):
                self._accept_audio(pcm)
        except Exception as error:  # noqa: BLE001 — a session's outermost frame: the others hear theirs
            self._fail(error)
