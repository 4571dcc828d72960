"""Whether the microphone hears a person, or only what the character says, out of a loudspeaker that it stands beside. Pure.

Browsers take echoes away, but not at once, not all, and not everywhere. What passes would pause the reply, and the
reply's going on would pause it again. So while a reply is heard, the level of what is played is kept beside the level of
what the microphone hears, 16 ms by 16 ms:

    an echo is found   once a voice is over, in the seconds up to it: at the one delay where both levels rise and fall
                       together; and the voice must be no louder than the echo at that delay would be. A person who
                       speaks while the reply goes on does neither, since before them the reply was not heard.
    it is then known   by its delay and loudness, and what it explains is no longer taken for a voice, until it is not
                       heard any more where it ought to be: echo cancellation has come to work.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from math import log10
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pipeline.audio.samples import LINE_RATE, SILENCE_DBFS, Samples, levels_dbfs, samples_of
from pipeline.turns.interruption import words_of

Levels: TypeAlias = NDArray[np.float64]
"""Levels in dBFS, one for each frame; shape (n,)."""

FRAME_MS = 16
SENT_FRAMES = 500
"""Frames kept of a reply: 8 s, since it is sent ahead of the player."""

MOST_DELAY = 50
"""Frames between the player's position and its echo: 0.8 s, for a Bluetooth loudspeaker in a hall."""

AFTER = 30
"""Frames after a reply in which its echo may still come."""

BEFORE = 70
"""Frames before a voice in which its echo must show, too: 1.1 s, of the reply and before that of the one before."""

LONGEST = 300
"""Frames of a voice that are looked at; what lasts for longer after playback was paused is no echo."""

FEWEST = 20
"""Frames below which a likeness means nothing."""

DYNAMICS_DB = 40.0
"""What is softer than the loudest frame by more than this is taken for silence."""

MARGIN_DB = 6.0
"""An echo may be so much louder than was expected; a person is meant to be louder still."""

EXPLAINED = 0.7
"""So much of a voice must be no louder than its echo."""

DECAY_DB, TAIL = 2.5, 16
"""How much softer a room's echo gets in a frame (60 dB in 0.4 s), and after how many it is over."""

SMEAR = 4
"""Frames by which the player's position may be wrong."""

JUMP_MS, PULL = 150.0, 0.05
"""A player's reported positions jump a little; by more than the first it really jumped, else by the second's share."""

FAINT_DBFS = -60.0
"""Nobody can say whether an echo that is expected to be so soft is there."""

LOST_DB, LOST_SHARE = 12.0, 0.1
"""An echo that is softer than expected by more than the first is gone; each window counts for the second."""

USUAL_DBFS, SOFT_DB = -30.0, 10.0
"""A person's level before they had a turn; what is softer than usual by more than the second is soft."""

SHORTEST_RUN = 3
"""Letters in a row that two texts must share to have them in common; in Chinese one letter is enough."""


@dataclass(frozen=True, slots=True)
class Echo:
    """How a reply is heard again: after `delay` frames, by `gain_db` louder, as like it as `likeness`, 0 to 1."""

    delay: int
    gain_db: float
    likeness: float


class Loudness:
    """The level of a sound frame by frame; the newest are kept, never the sound itself."""

    def __init__(self, rate: int = LINE_RATE) -> None:
        self._rate, self._size = rate, samples_of(FRAME_MS, rate)
        self._rest: Samples = np.zeros(0, np.int16)
        self._levels: deque[float] = deque(maxlen=SENT_FRAMES)
        self._count = 0

    def add(self, pcm: Samples) -> list[float]:
        """Take the next samples; return the levels of the frames that they complete."""
        waiting = np.concatenate((self._rest, pcm)) if len(self._rest) else pcm
        whole = len(waiting) // self._size * self._size
        levels = levels_dbfs(waiting[:whole].reshape(-1, self._size))
        self._rest = waiting[whole:]
        self._levels.extend(levels)
        self._count += len(levels)
        return levels

    def at(self, position_ms: float) -> float:
        """The level at a position of the sound; silence where it is not known."""
        back = self._count - int(position_ms * self._rate / 1000) // self._size
        return self._levels[-back] if 0 < back <= len(self._levels) else SILENCE_DBFS


@dataclass(frozen=True, slots=True)
class Playing:
    """The reply that is being heard and how far the player is in it; None while it stands still."""

    loudness: Loudness
    position_ms: float | None


@dataclass(slots=True)
class _Voice:
    """What is counted of a voice: its frames, and the sum of their power, 1 being full scale."""

    frames: int = 0
    power: float = 0.0

    @property
    def dbfs(self) -> float:
        return 10 * log10(self.power / self.frames) if self.power else SILENCE_DBFS


class EchoDetector:
    """What a session's microphone hears, and the player plays, while replies are heard.

    Nothing is kept of the time between replies, so what came before a reply's first word is how the last one was heard.
    """

    def __init__(self) -> None:
        self.known: Echo | None = None
        self._microphone = Loudness()
        # Level heard, level played, whether it sounded like speech
        self._frames: deque[tuple[float, float, bool]] = deque(maxlen=LONGEST + BEFORE + MOST_DELAY)
        self._frames.extend([(SILENCE_DBFS, SILENCE_DBFS, False)] * MOST_DELAY)
        self._reply: Loudness | None = None
        self._position_ms = 0.0
        self._after = AFTER
        self._voice, self._run = _Voice(), _Voice()
        self._since_voice_began = self._silent = 0
        self._missing_db = 0.0
        self._usual_dbfs = USUAL_DBFS

    @property
    def voiced_ms(self) -> int:
        """How much voice there was since `voice_began`."""
        return self._voice.frames * FRAME_MS

    @property
    def silent_ms(self) -> int:
        """How long the last voice is over."""
        return self._silent * FRAME_MS

    @property
    def soft(self) -> bool:
        """Whether the voice is much softer than the person's turns are."""
        return self._voice.dbfs < self._usual_dbfs - SOFT_DB

    def push_window(self, window: Samples, speech: bool, playing: Playing | None) -> bool:
        """Take the microphone's next samples and whether they sound like speech; False if a known echo explains it."""
        heard = self._microphone.add(window)
        count = len(heard)
        self._after = 0 if playing else self._after + count
        if self._after <= AFTER:
            self._frames.extend((level, self._follow(playing), speech) for level in heard)
            self._since_voice_began += count
        voice = speech and not self._is_known_echo(max(heard, default=SILENCE_DBFS))
        self._silent = 0 if voice else self._silent + count
        if not voice:
            self._run = _Voice()
            return False
        for counted in (self._voice, self._run):
            counted.frames += count
            counted.power += sum(10 ** (level / 10) for level in heard)
        return True

    def voice_began(self) -> None:
        """A voice to be judged begins with what is heard just now."""
        self._voice = _Voice(self._run.frames, self._run.power)
        self._since_voice_began = min(self._run.frames, len(self._frames) - MOST_DELAY)

    def turn_answered(self) -> None:
        """Move the usual level of the person's voice halfway to the level of this turn."""
        if self._voice.frames:
            self._usual_dbfs += 0.5 * (self._voice.dbfs - self._usual_dbfs)

    def find_echo(self) -> Echo | None:
        """The echo that explains the voice, if there is one."""
        spoken = min(self._since_voice_began, LONGEST)
        count = min(spoken + BEFORE, len(self._frames) - MOST_DELAY)
        if count < FEWEST:
            return None
        rows = self._newest(count + MOST_DELAY)
        voiced = rows[MOST_DELAY:, 2] > 0
        voiced[: count - spoken] = False
        if voiced.sum() < EXPLAINED * self._voice.frames:
            return None  # most of the voice was long after the reply
        return find_echo(rows[MOST_DELAY:, 0], rows[:, 1], voiced)

    def _follow(self, playing: Playing | None) -> float:
        """The level that the player plays now."""
        if playing is None or playing.position_ms is None:
            return SILENCE_DBFS
        if playing.loudness is not self._reply:
            self._reply, self._position_ms = playing.loudness, playing.position_ms
        self._position_ms += FRAME_MS
        off = playing.position_ms - self._position_ms
        self._position_ms += off if abs(off) > JUMP_MS else PULL * off
        return playing.loudness.at(self._position_ms)

    def _newest(self, count: int) -> Levels:
        """Rows of what was heard, what was played, and whether it was speech, shape (count, 3)."""
        return np.array(list(islice(self._frames, max(0, len(self._frames) - count), None)), np.float64)

    def _is_known_echo(self, heard: float) -> bool:
        if self.known is None:
            return False
        played = self._newest(self.known.delay + TAIL + SMEAR)[: TAIL + 2 * SMEAR, 1]
        expected = _reach(played)[-2 * SMEAR :].max() + self.known.gain_db
        if expected > FAINT_DBFS:
            missing = min(max(0.0, expected - heard), 2 * LOST_DB)
            self._missing_db += LOST_SHARE * (missing - self._missing_db)
            if self._missing_db > LOST_DB:
                self.known = None
        return bool(heard <= expected + MARGIN_DB)


def find_echo(heard: Levels, played: Levels, voiced: NDArray[np.bool_]) -> Echo | None:
    """The echo of `played` that explains `heard` where it is `voiced`, if one does.

    `heard` and `voiced` are as long as each other; `played` ends with them and begins `MOST_DELAY` frames earlier.
    """
    count = len(heard)
    level = np.maximum(heard, np.percentile(heard, 10))
    delayed = sliding_window_view(np.maximum(played, played.max() - DYNAMICS_DB), count)[::-1]
    likeness = _correlations(level, delayed)
    delay = int(likeness.argmax())
    if likeness[delay] <= 0.0 or not voiced.any():
        return None
    loud = delayed[delay] > delayed[delay].max() - DYNAMICS_DB / 2
    gain = float(np.median((heard - delayed[delay])[loud]))
    expected = _reach(played)[MOST_DELAY - delay :][:count] + gain
    explained = (heard <= expected + MARGIN_DB)[voiced].mean()
    return Echo(delay, gain, float(likeness[delay])) if explained >= EXPLAINED else None


def share_said(heard: str, said: str) -> float:
    """How much of the letters of `heard`, which may be full of errors, `said` has too, in runs and in order; 0 to 1."""
    ours, theirs = "".join(words_of(heard)), "".join(words_of(said))
    if not ours:
        return 0.0
    shortest = SHORTEST_RUN if ours.isascii() else 1
    runs = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return sum(run.size for run in runs if run.size >= shortest) / len(ours)


def _correlations(level: Levels, others: Levels) -> Levels:
    """How `level` and each row of `others` rise and fall together, -1 to 1."""
    ours, theirs = level - level.mean(), others - others.mean(axis=1, keepdims=True)
    scale = np.sqrt((ours @ ours) * np.einsum("ij,ij->i", theirs, theirs))
    found: Levels = np.divide(theirs @ ours, scale, out=np.zeros(len(others)), where=scale > 0)
    return found


def _reach(levels: Levels) -> Levels:
    """The levels with reverberation: each frame decays by `DECAY_DB` a frame over the following ones."""
    reached = levels.copy()
    for back in range(1, min(TAIL, len(levels))):
        np.maximum(reached[back:], levels[:-back] - back * DECAY_DB, out=reached[back:])
    return reached
