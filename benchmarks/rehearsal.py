"""Conversations faster than real time: what the pipeline's pure parts decide about a sound over a reply.

The parts are the real ones (voice detection, endpointing, echo, turn machine) and so is the recogniser; played by
hand are the loop around them, the player, the network and the room. Time is counted in samples.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.sounds import Room, Spoken, dulled
from pipeline.audio import LINE_RATE, Samples, samples_of
from pipeline.dialogue import BargeIn, Dialogue, Policy
from pipeline.echo import Echo, Loudness, Overhearing, share_said
from pipeline.endpoint import Endpointer, Endpointing
from pipeline.engines import Recognizer, RecognizerStream, VoiceDetector
from pipeline.events import (
    CloseUtterance,
    DoubtLasted,
    DraftUtterance,
    Effect,
    Event,
    InterruptReply,
    OpenUtterance,
    PartialRecognized,
    PausePlayback,
    ReplyRequested,
    ResumePlayback,
    SetAside,
    SpeechResumed,
    UtteranceDrafted,
    UtteranceRecognized,
)
from pipeline.interruption import Sound, Verdict
from pipeline.playback import Playback
from pipeline.turn_wait import adaptive_wait

NETWORK_MS = 30
"""One way."""
SETTLE_MS, SETTLE_BUDGET_S = 250, 0.9
PIECE = samples_of(100)
PRE_ROLL_WINDOWS = 25
AFTER_S = 3.0
FLOOR_RMS = 8


@dataclass(frozen=True)
class Scene:
    """`sound` begins `begins_s` into the reply; `room`, if any, lets the microphone hear the reply."""

    kind: str
    name: str
    sound: Samples
    begins_s: float
    room: Room | None = None


@dataclass
class Outcome:
    """What came of it. Milliseconds after the sound began, of which the first pause may be of an echo before it."""

    kind: str
    name: str
    interrupted_ms: int | None = None
    before: bool = False
    paused_at_ms: int | None = None
    pauses: int = 0
    quiet_ms: int = 0
    verdicts: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)


class Player:
    """Plays the reply sample by sample and obeys orders when they arrive."""

    def __init__(self, pcm: Samples) -> None:
        self.at = 0
        self.line = np.zeros(0, np.int16)
        self._pcm, self._orders = pcm, list[tuple[int, bool]]()
        self.playing = True

    def order(self, now: int, *, play: bool) -> None:
        self._orders.append((now + samples_of(NETWORK_MS), play))

    def play(self, count: int) -> None:
        while self._orders and self._orders[0][0] <= len(self.line):
            self.playing = self._orders.pop(0)[1]
        piece = np.zeros(count, np.int16)
        if self.playing:
            ahead = self._pcm[self.at : self.at + count]
            piece[: len(ahead)] = ahead
            self.at += len(ahead)
        self.line = np.concatenate((self.line, piece))


class Rehearsal:
    """One scene from the reply's first sample to some seconds after the sound."""

    def __init__(self, scene: Scene, reply: Spoken, detector: VoiceDetector, recognizer: Recognizer) -> None:
        self._scene, self._reply, self._recognizer = scene, reply, recognizer
        self._voice, self._window = detector.open(), detector.window
        self._dialogue = Dialogue(Policy(barge_in=BargeIn.CONFIRMED))
        self._endpointer = Endpointer(Endpointing(wait_ms=adaptive_wait("auto", 500)))
        self._endpointer.alert = True
        self._overhearing, self._loudness, self._playback = Overhearing(), Loudness(), Playback()
        self._player = Player(reply.pcm)
        self._heard, self._stream = np.zeros(0, np.int16), None
        self._pending: RecognizerStream | None = None
        self._since, self._given, self._text, self._draft = 0, 0, "", ""
        self._due = list[tuple[int, Event]]()
        self._echo: Echo | None = None
        self._paused_at = 0
        self.outcome = Outcome(scene.kind, scene.name)

    def run(self) -> Outcome:
        scene, begins = self._scene, int(self._scene.begins_s * LINE_RATE)
        self._receive(ReplyRequested())
        self._loudness.add(self._reply.pcm)
        self._playback.sent(len(self._reply.pcm) * 1000 / LINE_RATE, 0.0)
        longest = begins + len(scene.sound) + int(AFTER_S * LINE_RATE)
        rng = np.random.default_rng(0)
        while len(self._heard) < longest and self._dialogue.reply:
            now = len(self._heard)
            self._player.play(self._window)
            sound = rng.normal(0, FLOOR_RMS, self._window)
            if scene.room:
                sound += scene.room.heard(self._player.line, now, now + self._window)
            own = scene.sound[max(0, now - begins) : max(0, now + self._window - begins)]
            if len(own) and now + self._window > begins:
                offset = max(0, begins - now)
                sound[offset : offset + len(own)] += own[: self._window - offset]
            self._hear(np.clip(sound, -32767, 32767).astype(np.int16))
        if self._stream:
            self._stream.close()
        return self.outcome

    @property
    def _now(self) -> float:
        return len(self._heard) / LINE_RATE
