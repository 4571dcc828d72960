"""How much of a reply has been heard: by the client's own reports, else by the clock. Pure; the clock is passed in."""

from __future__ import annotations

AT_THE_END_MS = 20.0
"""A player that stands still so near the end has played everything: it counts whole milliseconds of what it was given, and a
resampler before it keeps the last two or three."""


class Playback:
    """One item's way through the player. Times are clock readings in seconds, positions are milliseconds of its audio.

    Audio is queued, then sent, then heard; what was not sent cannot have been heard. Without reports a player is assumed
    that starts with the first piece and stops only when it has none. `not_before` is when the audio sent earlier will have
    been played.
    """

    def __init__(self, not_before: float = 0.0) -> None:
        self.queued_ms = self.sent_ms = 0.0
        # The player was at `_at_ms` at `_since` and has played on from there, unless it stands still.
        self._at_ms, self._since = 0.0, not_before
        self._playing = True
        self._paused_at: float | None = None

    @property
    def total_ms(self) -> float:
        """What was sent and what still waits to be."""
        return self.queued_ms + self.sent_ms

    def queued(self, duration_ms: float) -> None:
        """A piece waits to be sent."""
        self.queued_ms += duration_ms

    def sent(self, duration_ms: float, now: float) -> None:
        """A piece left for the client."""
        self._settle(now)
        self.queued_ms = max(0.0, self.queued_ms - duration_ms)
        self.sent_ms += duration_ms

    def taken_back(self, duration_ms: float) -> None:
        """The last `duration_ms` of what was queued will not be sent."""
        self.queued_ms = max(0.0, self.queued_ms - duration_ms)

    def reported(self, played_ms: float, playing: bool, now: float) -> None:
        """The client's player says where it is. It cannot be further than what was sent."""
        self._at_ms, self._playing = min(max(0.0, played_ms), self.sent_ms), playing
        if not playing and not self.queued_ms and self.sent_ms - self._at_ms < AT_THE_END_MS:
            self._at_ms = self.sent_ms
        self._since = now if self._paused_at is None else self._paused_at

    def follows(self, ends_at: float, now: float) -> None:
        """What was sent earlier will have been heard by `ends_at`, and nothing of this one before that."""
        held_s = 0.0 if self._paused_at is None else now - self._paused_at
        self._at_ms, self._since = 0.0, ends_at - held_s

    def stopped(self, heard_ms: float) -> None:
        """The player stopped there, and nothing more will be sent."""
        self.queued_ms, self.sent_ms = 0.0, min(self.sent_ms, heard_ms)
        self._at_ms = self.sent_ms

    def pause(self, now: float) -> None:
        """The player was asked to hold still."""
        if self._paused_at is None:
            self._settle(now)
            self._paused_at = now

    def resume(self, now: float) -> None:
        """The player goes on where it stopped."""
        if self._paused_at is not None:
            self._since += now - self._paused_at
            self._paused_at, self._playing = None, True

    def runs(self, now: float) -> bool:
        """Whether the player has something to play and plays it."""
        return self._playing and self._paused_at is None and now >= self._since and self.sent_ms > self._position(now)

    def position(self, now: float) -> int:
        """How much was heard by `now`, in milliseconds."""
        return int(self._position(now))

    def lead_s(self, now: float) -> float:
        """How far what was queued and sent is ahead of what was heard, in seconds."""
        return (self.total_ms - self._position(now)) / 1000

    def ends_at(self, now: float) -> float:
        """When everything so far will have been heard, if what is queued is sent in time."""
        return max(now, self._since) + self.lead_s(now)

    def _position(self, now: float) -> float:
        still = self._paused_at is not None or not self._playing
        return min(self.sent_ms, self._at_ms + (0.0 if still else max(0.0, now - self._since) * 1000))

    def _settle(self, now: float) -> None:
        if self._paused_at is None:
            self._at_ms, self._since = self._position(now), max(now, self._since)
