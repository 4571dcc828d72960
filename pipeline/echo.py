"""Whether the microphone hears a person, or only what the character says, out of a loudspeaker that it stands beside. Pure.

Browsers take echoes away, but not at once, not all, and not everywhere. What passes would pause the reply, and the
reply's going on would pause it again. So the level of what is played is kept beside the level of what is heard, 16 ms by
16 ms, on one line of time:

    an echo is found   once a voice is over, in the seconds up to it: at the one delay where both levels rise and fall
                       together; and the voice must be no louder than the echo at that delay would be. A person who
                       speaks while the reply goes on does neither, since before them the reply was not heard.
    it is then known   by its delay and loudness, and windows that it explains are no longer taken for a voice, until
                       it is not heard any more where it ought to be: echo cancellation has come to work.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pipeline.audio import LINE_RATE, SILENCE_DBFS, Samples, level_dbfs, samples_of
from pipeline.interruption import words_of

Levels: TypeAlias = NDArray[np.float64]
"""Levels in dBFS, one for each frame; shape (n,)."""

FRAME_MS = 16
KEPT = 400
"""Frames that are kept: 6.4 s, for the past of the microphone and for what was sent ahead of the player."""

MOST_DELAY = 50
"""Frames between the player's position and its echo: 0.8 s, for a Bluetooth loudspeaker in a hall."""

BEFORE = 50
"""Frames before a voice in which its echo must show, too: 2 s."""

LEAD_IN = 20
"""Frames of silence before the reply that are looked at with it."""

FEWEST = 20
"""Frames below which a likeness means nothing."""

DYNAMICS_DB = 40.0
"""What is softer than the loudest frame by more than this is taken for silence."""

MARGIN_DB = 6.0
"""An echo may be so much louder than was expected; a person is meant to be louder still."""

EXPLAINED = 0.7
"""So much of the voice must be no louder than its echo."""

DECAY_DB = 2.5
"""How much softer a room's echo gets in a frame: 60 dB in 0.4 s."""

SMEAR = 4
"""Frames by which the player's position may be wrong."""

TAIL = 16
"""Frames after which an echo is not heard any more."""

FAINT_DBFS = -60.0
"""Nobody can say whether an echo that is expected to be so soft is there."""

LOST_DB, LOST_SHARE = 12.0, 0.1
"""An echo that is softer than expected by more than the first is gone; each window counts for the second."""

SOFT_DB = 10.0
"""A voice so much below the person's usual level is soft."""

USUAL_DBFS = -30.0
"""The level of a person who has not spoken yet."""

SHORTEST_RUN = 3
"""Letters in a row that two texts must share to have them in common; in Chinese one sound is one letter."""


@dataclass(frozen=True, slots=True)
class Echo:
    """How a reply is heard again: after `delay` frames, by `gain_db` louder, as like it as `likeness`, 0 to 1."""

    delay: int
    gain_db: float
    likeness: float


class Loudness:
    """The level of a sound frame by frame, of which the newest `KEPT` are kept; never the sound itself."""

    def __init__(self) -> None:
        self.count = 0
        self._levels: deque[float] = deque(maxlen=KEPT)
        self._rest: Samples = np.zeros(0, np.int16)
        self._rate = LINE_RATE

    def add(self, pcm: Samples, rate: int = LINE_RATE) -> int:
        """Take the next samples, always at the same rate; return how many frames they complete."""
        self._rate = rate
        waiting, size = np.concatenate((self._rest, pcm)), samples_of(FRAME_MS, rate)
        frames = len(waiting) // size
        for frame in waiting[: frames * size].reshape(frames, size):
            self._levels.append(level_dbfs(frame))
        self._rest = waiting[frames * size :]
        self.count += frames
        return frames

    def at(self, position_ms: float) -> float:
        """The level at a position of the sound; silence where it is not known."""
        back = self.count - int(position_ms * self._rate / 1000) // samples_of(FRAME_MS, self._rate)
        return self._levels[-back] if 0 < back <= len(self._levels) else SILENCE_DBFS

    def newest(self, count: int) -> Levels:
        """The last `count` frames, or all there are."""
        return _newest(self._levels, count)


class Overhearing:
    """What a session's microphone heard and what its player played meanwhile, for as long as anybody may ask."""

    def __init__(self) -> None:
        self.known: Echo | None = None
        self._heard = Loudness()
        self._played: deque[float] = deque([SILENCE_DBFS] * MOST_DELAY, maxlen=KEPT + MOST_DELAY)
        self._voiced: deque[float] = deque(maxlen=KEPT)
        self._position_ms = 0.0
        self._reply: Loudness | None = None
        self._reply_began = self._voice_began = self._voice_ended = 0
        self._voice_frames = self._run = 0
        self._missing_db = 0.0
        self._usual_dbfs = USUAL_DBFS

    @property
    def voiced_ms(self) -> int:
        """How much voice there was since `voice_began`."""
        return self._voice_frames * FRAME_MS

    @property
    def silent_ms(self) -> int:
        """How long the last voice is over."""
        return (self._heard.count - self._voice_ended) * FRAME_MS

    @property
    def soft(self) -> bool:
        """Whether the voice is much softer than the person's turns are."""
        return self._voice_dbfs() < self._usual_dbfs - SOFT_DB

    def hear(self, window: Samples, voice: bool, reply: Loudness | None, position_ms: float | None) -> bool:
        """Take the next samples of the microphone; whether they are somebody's `voice` and not the known echo.

        reply: what is being said, if anything; position_ms: where in it the player is, None while it stands still.
        """
        if reply is not self._reply:
            self._reply, self._reply_began = reply, self._heard.count
            self._position_ms = position_ms or 0.0
        frames = self._heard.add(window)
        for _ in range(frames):
            self._played.append(self._follow(reply, position_ms))
        self._voiced.extend([float(voice)] * frames)
        voice = voice and not self._is_known_echo(frames)
        self._run = self._run + frames if voice else 0
        if voice:
            self._voice_frames += frames
            self._voice_ended = self._heard.count
        return voice

    def voice_began(self) -> None:
        """A turn begins with the voice that is heard just now."""
        self._voice_frames = self._run
        self._voice_began = self._heard.count - self._run

    def turn_answered(self) -> None:
        """The voice was the person's, in a turn of their own: so loud they are."""
        if self._voice_frames:
            self._usual_dbfs += 0.5 * (self._voice_dbfs() - self._usual_dbfs)

    def find_echo(self) -> Echo | None:
        """The echo that the voice most resembles, if a reply could be heard at all."""
        since = max(self._voice_began - BEFORE, self._reply_began - LEAD_IN)
        count = min(self._heard.count - since, len(self._voiced))
        if count < FEWEST:
            return None
        heard, played = self._heard.newest(count), _newest(self._played, count + MOST_DELAY)
        voiced = _newest(self._voiced, count) > 0
        voiced[: max(0, self._voice_began - (self._heard.count - count))] = False
        return find_echo(heard, played, voiced)

    def _follow(self, reply: Loudness | None, position_ms: float | None) -> float:
        """The level that the player plays now; its reported positions jump a little, its real ones do not."""
        if reply is None or position_ms is None:
            return SILENCE_DBFS
        expected = self._position_ms + FRAME_MS
        off = position_ms - expected
        self._position_ms = position_ms if abs(off) > 150 else expected + 0.05 * off
        return reply.at(self._position_ms)

    def _is_known_echo(self, frames: int) -> bool:
        if self.known is None:
            return False
        heard = self._heard.newest(frames).max(initial=SILENCE_DBFS)
        past = _newest(self._played, self.known.delay + TAIL + SMEAR)[: TAIL + 2 * SMEAR]
        expected = _reach(past)[-2 * SMEAR :].max(initial=SILENCE_DBFS) + self.known.gain_db
        if expected > FAINT_DBFS:
            missing = min(max(0.0, expected - heard), 2 * LOST_DB)
            self._missing_db += LOST_SHARE * (missing - self._missing_db)
            if self._missing_db > LOST_DB:
                self.known = None
        return bool(heard <= expected + MARGIN_DB)

    def _voice_dbfs(self) -> float:
        count = min(self._heard.count - self._voice_began, KEPT)
        voiced = _newest(self._voiced, count) > 0
        levels = self._heard.newest(count)[voiced]
        return float(levels.mean()) if len(levels) else SILENCE_DBFS


def find_echo(heard: Levels, played: Levels, voiced: NDArray[np.bool_]) -> Echo | None:
    """The echo of `played` that `heard` most resembles where it is `voiced`.

    `heard` and `voiced` are as long as each other; `played` ends with them and begins `MOST_DELAY` frames earlier.
    """
    count = len(heard)
    level = np.maximum(heard, np.percentile(heard, 10))
    delayed = sliding_window_view(np.maximum(played, played.max() - DYNAMICS_DB), count)[::-1]
    likeness = _correlations(level, delayed)
    delay = int(likeness.argmax())
    loud = delayed[delay] > delayed[delay].max() - DYNAMICS_DB / 2
    if likeness[delay] <= 0.0 or not voiced.any():
        return None
    gain = float(np.median((heard - delayed[delay])[loud]))
    expected = _reach(played)[MOST_DELAY - delay : MOST_DELAY - delay + count] + gain
    explained = (heard <= expected + MARGIN_DB)[voiced].mean()
    return Echo(delay, gain, float(likeness[delay])) if explained >= EXPLAINED else None


def share_said(heard: str, said: str) -> float:
    """How much of the letters of `heard`, which may be full of errors, `said` has too, in runs and in order; 0 to 1."""
    ours, theirs = "".join(words_of(heard)), "".join(words_of(said))
    if not ours:
        return 0.0
    wide = not ours.isascii()
    runs = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return sum(run.size for run in runs if wide or run.size >= SHORTEST_RUN) / len(ours)


def _correlations(level: Levels, others: Levels) -> Levels:
    """How `level` and each row of `others` rise and fall together, -1 to 1."""
    ours, theirs = level - level.mean(), others - others.mean(axis=1, keepdims=True)
    scale = np.sqrt((ours @ ours) * np.einsum("ij,ij->i", theirs, theirs))
    found: Levels = np.divide(theirs @ ours, scale, out=np.zeros(len(others)), where=scale > 0)
    return found


def _reach(levels: Levels) -> Levels:
    """The levels with what a room makes of them: each frame dies away over the following ones."""
    reached = levels.copy()
    for back in range(1, min(TAIL, len(levels))):
        np.maximum(reached[back:], levels[:-back] - back * DECAY_DB, out=reached[back:])
    return reached


def _newest(values: deque[float], count: int) -> Levels:
    return np.array(list(islice(values, max(0, len(values) - count), None)))
