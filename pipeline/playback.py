"""How much of a reply has been heard: by the client's own reports, else by the clock. Pure; the clock is passed in."""

from __future__ import annotations


class Playback:
    """One item's way through the player. Times are clock readings in seconds, positions are milliseconds of its audio.

    Without reports a player is assumed that starts with the first piece and stops only when it has none. `not_before` is
    when the audio sent earlier will have been played.
    """

    def __init__(self, not_before: float = 0.0) -> None:
        self.sent_ms = 0.0
        self._start = not_before
        self._report: tuple[float, float, bool] | None = None
        self._paused_at: float | None = None

    def sent(self, duration_ms: float, now: float) -> None:
        """A piece left for the client."""
        if self._clock_position(now) >= self.sent_ms:
            self._start = max(self._start, now) if not self.sent_ms else now - self.sent_ms / 1000
        self.sent_ms += duration_ms

    def taken_back(self, duration_ms: float) -> None:
        """The last `duration_ms` of what was sent never left."""
        self.sent_ms = max(0.0, self.sent_ms - duration_ms)

    def reported(self, played_ms: float, playing: bool, now: float) -> None:
        """The client's player says where it is. It cannot be further than what was sent."""
        self._report = (min(max(0.0, played_ms), self.sent_ms), now, playing)

    def pause(self, now: float) -> None:
        """The player was asked to hold still."""
        if self._paused_at is None:
            self._paused_at = now

    def resume(self, now: float) -> None:
        """The player goes on where it stopped."""
        if self._paused_at is not None:
            self._start += now - self._paused_at
            self._paused_at = None

    def position(self, now: float) -> int:
        """How much was heard by `now`, in milliseconds."""
        if self._report is None:
            return int(self._clock_position(now))
        played, at, playing = self._report
        if playing and self._paused_at is None:
            played += (now - at) * 1000
        return int(min(played, self.sent_ms))

    def lead_s(self, now: float) -> float:
        """How far what was sent is ahead of what was heard, in seconds."""
        return (self.sent_ms - self.position(now)) / 1000

    def ends_at(self, now: float) -> float:
        """When everything sent so far will have been heard."""
        return max(now + self.lead_s(now), self._start if self.sent_ms else now)

    def _clock_position(self, now: float) -> float:
        if self._paused_at is not None:
            now = min(now, self._paused_at)
        return min(self.sent_ms, max(0.0, (now - self._start) * 1000)) if self.sent_ms else 0.0
