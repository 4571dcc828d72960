"""What carries a session to its client: events and audio both ways, and what is known of the client's player.

A session outlives its transport, and another one may go on where it broke. How audio is written belongs to the transport:
a WebSocket puts it into events as base64, a call would send it as media.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.conversation.playback import Playback


@dataclass(frozen=True, slots=True)
class OutputAudio:
    """The next piece of a reply's audio, encoded as the session says. `event` is the event of it, but for the audio."""

    event: Mapping[str, Any]
    data: bytes


class Disconnected(Exception):
    """The client is gone. `goodbye`: it meant to, and will not come back."""

    def __init__(self, goodbye: bool = False) -> None:
        super().__init__("goodbye" if goodbye else "cut off")
        self.goodbye = goodbye


class Transport(Protocol):
    """One client's connection. Sending waits while it is full; the session bounds that and may cancel any call.

    `playback` makes what knows how much of an answer was heard and how far ahead of that its audio is, which is what
    answers are paced by; its argument is when the answer before will have been heard.
    """

    playback: Callable[[float], Playback]

    def offer(self, take_at_once: Callable[[bytes, bool], bool] | None) -> None:
        """Ask this first for what arrives while `receive` waits: it takes a message (is it text?) or refuses to.

        It spares a task's turn for each 20 ms of sound; a transport need not do it. None: ask nobody any more.
        """

    async def receive(self) -> str | bytes:
        """The next event, as JSON, or microphone audio. Raises `Disconnected`."""

    async def send_event(self, event: str) -> None:
        """Send an event, as JSON. Raises `Disconnected`."""

    async def send_audio(self, audio: OutputAudio) -> None:
        """Send a piece of audio, in order with the events. Raises `Disconnected`."""

    async def flush(self) -> None:
        """Have the player drop what it has not played: the reply was interrupted. Raises `Disconnected`."""

    async def close(self, code: int, reason: str) -> None:
        """Close the connection with a WebSocket close code, if it is open."""
