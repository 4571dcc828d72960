"""A client's microphone audio, out of its messages: bounded, and slice by slice.

A message may hold minutes. Each slice is decoded, resampled and heard in one step of the event loop, and other sessions
have their turn between two slices.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable

from pipeline.audio.samples import LINE_RATE
from pipeline.errors import InvalidRequest
from server.protocol.client_events import Format

SLICE_MS = 100
BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class InputAudio:
    """One client's audio input. `most_bytes` bounds the audio of one message, however it is written.

    `received_samples` counts the audio of binary messages, in samples of the format in which it came.
    """

    def __init__(self, format: Format, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self.received_samples, self._odd_bytes = 0, 0
        self.use(format)

    def use(self, format: Format) -> None:
        """From here on audio is of this format."""
        self._rate, self._width = format.samples_per_second, 2 if format.type == "audio/pcm" else 1
        # A multiple of whole samples and of three bytes, which are four characters of base64.
        self.slice_bytes = format.samples_per_second * self._width * SLICE_MS // 1000 // 6 * 6
        self.at_once_bytes = min(self.slice_bytes, self._most_bytes)

    def of_base64(self, text: str, param: str = "audio") -> Iterable[bytes]:
        """The audio of the field `param`, in slices. Raises `InvalidRequest`; of such a field nothing is heard."""
        characters = self.slice_bytes // 3 * 4
        if len(text) <= characters:
            try:
                return (binascii.a2b_base64(text, strict_mode=True),)
            except ValueError:
                raise _not_base64(param) from None
        if len(text) * 3 // 4 > self._most_bytes + 3:
            raise self._too_long(param)
        # Checked as a whole before the first slice is decoded, so that a bad end does not leave half of it heard.
        # Deleting characters runs in C: about a millisecond for each MiB.
        data = text.encode("ascii", "replace")
        padding = data.translate(None, BASE64)
        if len(data) % 4 or padding not in (b"", b"=", b"==") or not data.endswith(padding):
            raise _not_base64(param)
        slices = (data[start : start + characters] for start in range(0, len(data), characters))
        return map(binascii.a2b_base64, slices)

    def of_bytes(self, data: bytes) -> Iterable[bytes]:
        """The audio of a binary message, in slices. Raises `InvalidRequest` for one that is too long."""
        # What is refused has arrived as well: a client that comes back must not send it again.
        samples, self._odd_bytes = divmod(self._odd_bytes + len(data), self._width)
        self.received_samples += samples
        if len(data) > self._most_bytes:
            raise self._too_long(None)
        return (data[start : start + self.slice_bytes] for start in range(0, len(data), self.slice_bytes))

    def line_samples(self, size: int) -> int:
        """About how many samples at `LINE_RATE` so many bytes become."""
        return size // self._width * LINE_RATE // self._rate

    def _too_long(self, param: str | None) -> InvalidRequest:
        message = f"The audio is too long: at most {self._most_bytes // 2**20} MiB in one message."
        return InvalidRequest(message, code="audio_too_long", param=param)


def _not_base64(param: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid '{param}': it is not base64.", code="invalid_base64", param=param)
