"""The person's side of a session: microphone samples in; where turns begin and end, and their words, out."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples, milliseconds_of, samples_of
from pipeline.conversation.context import Context
from pipeline.conversation.journal import ItemTimed
from pipeline.conversation.notices import (
    AudioDropped,
    AudioTaken,
    ItemAdded,
    SilenceLasted,
    Transcribed,
    VoiceEnded,
    VoiceHeard,
)
from pipeline.conversation.transcript import SILENCE, Item
from pipeline.engines.within import STOOD_STILL_S
from pipeline.errors import InvalidRequest, KaikouError, LimitReached
from pipeline.listening.overlapping_speech import OverlappingSpeech
from pipeline.listening.recognizing import Recognizing, Turn
from pipeline.listening.sound_line import Moment, SoundLine
from pipeline.listening.turn_sound import TurnSound
from pipeline.listening.utterance import Utterance
from pipeline.listening.voiced import VoicedStretches
from pipeline.speech_model.client import SpeechModelClient
from pipeline.turns.endpoint import Endpointer, Endpointing
from pipeline.turns.events import (
    AudioCommitted,
    AudioDiscarded,
    CloseUtterance,
    Event,
    OpenUtterance,
    SetAside,
    SpeechPaused,
    SpeechResumed,
    SpeechStopped,
    TakeSilence,
)
from pipeline.turns.interruption import Verdict

PRE_ROLL = samples_of(800)
"""Samples kept from before a voice is noticed; more than any prefix and onset together."""

SHORTEST_COMMIT_MS = 100
"""The realtime API refuses to commit less."""

KEPT_TURNS = 3
"""Turns that are remembered after their words are known: an answer to them may still start."""


class Listening:
    """Hears for one session. `turns` holds those whose words are not known yet, and the latest ones.

    What is heard in a window, or asked for by the client, is returned as events; what is found out later, by a
    recogniser or by waiting in vain, is told to `report`.
    """

    def __init__(
        self,
        context: Context,
        overlapping: OverlappingSpeech,
        report: Callable[[Event], None],
        speech_model: SpeechModelClient | None = None,
    ) -> None:
        self._context, self._report, self._speech_model = context, report, speech_model
        self._recognizing = Recognizing(context, overlapping, report)
        config = context.config
        self._manual_mode = config.endpointing is None
        self._endpointer = Endpointer(config.endpointing)
        self._sound = TurnSound(context, self._judged_by_sound)
        self._window = context.engines.voice_detector.window
        self._rest = np.zeros(0, np.int16)
        self._pre_roll: deque[tuple[int, Samples]] = deque(maxlen=PRE_ROLL // self._window)
        self._manual: list[Samples] = []
        self._manual_samples = 0
        self._heard = self._invented = 0
        self._arrived = context.now()
        self._line = SoundLine(self._arrived)
        self._voiced = VoicedStretches(PRE_ROLL)
        self._current: Turn | None = None
        self.turns: dict[int, Turn] = {}

    # --- Samples ------------------------------------------------------------------------------------------------------

    def windows(self, pcm: Samples) -> list[Samples]:
        """Cut the next samples at `LINE_RATE`, any number of them, into windows that voice detection takes.

        There are none while the client ends the turns: then samples are only kept. Raises `LimitReached` for too many.
        """
        self._arrived = self._context.now()
        if self._manual_mode:
            self._keep_for_commit(pcm)
            return []
        self._record(pcm)
        waiting = np.concatenate((self._rest, pcm)) if len(self._rest) else pcm
        whole = len(waiting) // self._window * self._window
        self._rest = waiting[whole:]
        return [waiting[start : start + self._window] for start in range(0, whole, self._window)]

    def push_window(self, window: Samples, probability: float) -> Sequence[Event]:
        """Take the next window, with the probability that it is the person's speech; act on the events before the next."""
        at, self._invented = self._heard, 0
        self._heard += len(window)
        if self._current is None:
            self._pre_roll.append((at, window))
        return self._judge(window, probability, at)

    def commit(self) -> Event:
        """The client says that the turn is over. Raises `InvalidRequest` if less than 100 ms were heard."""
        heard = self._uncommitted()
        if heard < samples_of(SHORTEST_COMMIT_MS):
            raise InvalidRequest(
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{SHORTEST_COMMIT_MS}ms of audio, but buffer only has {heard * 1000 / LINE_RATE:.2f}ms of audio.",
                code="input_audio_buffer_commit_empty",
            )
        self._endpointer.reset()
        return AudioCommitted(self._heard - heard, self._heard)

    def clear(self) -> Event:
        """The client throws away what it sent and did not commit."""
        self._manual, self._manual_samples = [], 0
        self._rest = self._rest[:0]
        self._pre_roll.clear()
        self._endpointer.reset()
        return AudioDiscarded()

    def configure(self, endpointing: Endpointing | None) -> Sequence[Event]:
        """Find turns differently from now on; None leaves it to the client and forgets a turn that goes on."""
        events = [self.clear()] if endpointing is None and not self._manual_mode else []
        if endpointing is not None:
            self._endpointer.endpointing = endpointing
        self._manual_mode = endpointing is None
        return events

    def _judge(self, window: Samples, probability: float, at: int) -> Sequence[Event]:
        if self._current:
            self._current.utterance.accept_audio(window)
            self._sound.push_window(window)
        voiced = self._endpointer.endpointing.voiced(probability, going_on=self._voiced.open_at(at))
        self._voiced.push_window(at, at + len(window), voiced, in_turn=self._current is not None)
        events = self._endpointer.push_window(probability, at, len(window))
        for event in events:
            if self._current and isinstance(event, SpeechPaused):
                self._current.speech_end = self._clock_at(event.ended)
                if self._endpointer.endpointing.by_sound:
                    self._sound.paused()
            elif self._current and isinstance(event, SpeechResumed):
                self._current.utterance.resume()
                self._sound.resumed()
        return events

    def _keep_for_commit(self, pcm: Samples) -> None:
        longest_s = self._context.limits.manual_audio_s
        if self._manual_samples + len(pcm) > longest_s * LINE_RATE:
            raise LimitReached(
                f"The input audio buffer holds {longest_s:g} s at most; commit or clear it first.",
                code="input_audio_buffer_full",
            )
        self._record(pcm)
        self._manual.append(pcm)
        self._manual_samples += len(pcm)
        self._heard += len(pcm)

    def _record(self, pcm: Samples) -> None:
        self._tell(self._line.take(pcm, self._arrived, self._context.journal.audio))

    def position_at(self, clock: float) -> int:
        """Where on the line of both sides lies what is heard at `clock`."""
        self._tell(self._line.settle(clock))
        return self._line.at(clock)

    def moment(self) -> Moment:
        """What is heard now, to be placed on the line of both sides."""
        return self._line.moment(self._context.now())

    def place(self, moment: Moment) -> tuple[int, int] | None:
        """Between which positions on the line of both sides it lies; None as long as that is not known."""
        now = self._context.now()
        self._tell(self._line.settle(now))
        return self._line.place(moment, now)

    def line_ms(self, clock: float) -> int:
        """Likewise of what will be heard then, as far as is known now; in milliseconds."""
        return milliseconds_of(max(0, self._line.at(clock)))

    def tell_rest(self) -> None:
        """Put the microphone's last sound into the journal, at the end of the session."""
        self._tell(self._line.settle(math.inf))

    def _tell(self, placed: Iterable[tuple[int, Samples]]) -> None:
        for at, pcm in placed:
            self._context.journal.record("user", at, pcm, LINE_RATE)

    def _uncommitted(self) -> int:
        if self._manual_mode:
            return self._manual_samples
        if self._current:
            return round(self._current.seconds * LINE_RATE)
        return sum(len(window) for _, window in self._pre_roll)

    async def _watch(self, turn: Turn) -> None:
        """End the turn if its client, who is there, sends nothing any more, whatever becomes of its recognition."""
        now, patience_s, asked = self._context.now, self._context.limits.recognition.starved_s, 0.0
        while not turn.closed.is_set():
            left_s = max(self._arrived, asked) + patience_s - now()
            if left_s > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(left_s):
                        await turn.closed.wait()
                continue
            asked = now()
            # Behind a standstill of the process what the client sent meanwhile is only about to be read.
            if self._context.attached and -left_s <= STOOD_STILL_S:
                self._hear_silence(turn)

    def _hear_silence(self, turn: Turn) -> None:
        """A second of silence in place of what the client does not send.

        It may end the turn, but does not advance the client's sample position.
        """
        silence = np.zeros(self._window, np.int16)
        for _ in range(LINE_RATE // self._window):
            if turn.closed.is_set():
                return
            turn.invented += self._window
            self._invented += self._window
            for event in self._judge(silence, 0.0, self._heard + self._invented - self._window):
                if isinstance(event, SpeechPaused | SpeechStopped):
                    event = replace(event, at=self._heard)
                self._report(event)

    def _clock_at(self, position: int) -> float:
        """When the sample at `position` arrived, given that a microphone sends in real time."""
        return self._arrived - max(0, self._heard - position) / LINE_RATE

    # --- Turns --------------------------------------------------------------------------------------------------------

    def open(self, effect: OpenUtterance) -> None:
        """Begin to recognise a turn, with the sound from just before it."""
        context, number = self._context, effect.turn
        item = Item(context.new_id("item"), spoken=True, transcribed=False)
        recognizer = (
            self._speech_model.recognizer_for(item) if self._speech_model and self._speech_model.wanted else None
        )
        limits = context.limits.recognition
        if self._manual_mode:  # The client ends the turn, and may commit all that is kept for it.
            limits = replace(limits, longest_s=max(limits.longest_s, context.limits.manual_audio_s))
        utterance = Utterance(
            recognizer or context.engines.recognizer,
            context.workers,
            limits,
            on_partial=lambda text: self._partial(turn, text),
            on_drafted=lambda text: self._drafted(turn, text),
            language=context.config.recognized,
            timed=context.config.word_times,
        )
        turn = Turn(number, item, utterance, self._manual_mode, speech_end=self._arrived)
        turn.began, turn.drafts = effect.at, recognizer is None
        before = [(at, window) for at, window in self._pre_roll if at >= effect.at]
        early = self._manual if self._manual_mode else [window for _, window in before]
        turn.lead_ms = milliseconds_of(before[0][0] - effect.at) if before and not self._manual_mode else 0
        for samples in early:
            utterance.accept_audio(samples)
        self._sound.begin(early)
        self._manual, self._manual_samples = [], 0
        self._pre_roll.clear()
        context.touch()
        if not turn.by_client:
            context.outbox.put(VoiceHeard(item.id, milliseconds_of(effect.at)))
        self._forget_answered()
        self.turns[number] = self._current = turn
        recognizing = self._recognizing
        turn.task = context.spawn(
            recognizing.pass_on(turn, recognizer.hearing) if recognizer else recognizing.recognize(turn)
        )
        if not turn.by_client:
            context.spawn(self._watch(turn))

    def draft(self) -> None:
        """Get the words of the current turn as they stand."""
        if self._current and self._current.drafts:
            self._endpointer.words_due = True
            self._current.utterance.draft()

    def close(self, effect: CloseUtterance) -> None:
        """The turn is over: it becomes an item of the conversation, whose words follow."""
        turn, self._current = self._current, None
        if turn is None:
            return
        context = self._context
        turn.speech_end, turn.turn_end = self._clock_at(effect.ended), context.now()
        if not turn.by_client:
            context.outbox.put(VoiceEnded(turn.item.id, milliseconds_of(effect.at)))
        began, ended = (milliseconds_of(self._line.of_sample(sample)) for sample in (turn.began, effect.ended))
        context.journal.put(ItemTimed(turn.item.id, began, ended))
        turn.item.voiced = self._voiced.take(turn.began, effect.ended)
        previous = context.transcript.add(turn.item)
        context.outbox.put(AudioTaken(turn.item.id, previous))
        context.outbox.put(ItemAdded(turn.item, previous))
        turn.utterance.close()
        turn.closed.set()

    def discard(self) -> None:
        """Forget the current turn's audio."""
        turn, self._current = self._current, None
        if turn and turn.task:
            turn.task.cancel()
            turn.closed.set()
            del self.turns[turn.number]
            self._context.outbox.put(AudioDropped(turn.item.id))

    @property
    def heard_ms(self) -> int:
        """How much sound the client has sent."""
        return milliseconds_of(self._heard)

    def take_silence(self, effect: TakeSilence) -> None:
        """The person said nothing: the model sees that in an item, which the client sees without words."""
        context, ends_ms = self._context, self.heard_ms
        item = Item(context.new_id("item"), spoken=True, sounds=(SILENCE,))
        previous = context.transcript.add(item)
        context.outbox.put(SilenceLasted(item.id, effect.began_ms, ends_ms))
        context.outbox.put(AudioTaken(item.id, previous))
        context.outbox.put(ItemAdded(item, previous))
        context.outbox.put(Transcribed(item.id, "", context.config.language, (ends_ms - effect.began_ms) / 1000))

    def be_alert(self, alert: bool) -> None:
        """Whether one window of speech starts a turn: faster barge-in, with more false starts."""
        self._endpointer.alert = alert

    def set_aside(self, effect: SetAside) -> None:
        """Mark the turn as no turn, or (verdict None) as one again. Words of noise and echo are not sent to the client."""
        if turn := self.turns.get(effect.turn):
            turn.item.aside = effect.verdict is not None
            turn.wordless = effect.verdict in (Verdict.NOISE, Verdict.ECHO)

    @property
    def recognizes(self) -> bool:
        """Whether the words of any turn are not known yet."""
        return any(turn.task and not turn.task.done() for turn in self.turns.values())

    async def recognized(self) -> None:
        """Wait until the words of every finished turn are known."""
        waiting = [turn.task for turn in self.turns.values() if turn.task and turn.closed.is_set()]
        if waiting:
            await asyncio.wait(waiting)

    def failure(self, item_id: str) -> KaikouError | None:
        """Why the words of the turn that became this item are not known, if that is so."""
        return next((turn.failure for turn in self.turns.values() if turn.item.id == item_id), None)

    def _judged_by_sound(self, probability: float) -> None:
        self._endpointer.complete = probability

    def _partial(self, turn: Turn, text: str) -> None:
        if turn is self._current:
            self._endpointer.text = text
        self._recognizing.partial(turn, text)

    def _drafted(self, turn: Turn, text: str) -> None:
        if turn is self._current:
            self._endpointer.words_due = False
            self._endpointer.text = text
        self._recognizing.drafted(turn, text)

    def _forget_answered(self) -> None:
        known = [number for number, turn in self.turns.items() if turn.recognized_at is not None]
        for number in known[:-KEPT_TURNS]:
            del self.turns[number]
