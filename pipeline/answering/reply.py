"""One answer on its way to the person: what `speaking` makes goes through a gate and at a pace to the client.

The model writes on while a clause is being spoken, since each stage reads ahead of the next within bounds. Sending waits
at the gate while the answer is speculative, waits while playback is held, and stays at most `lead_s` ahead of the player.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.answering.fillers import Fillers
from pipeline.answering.speaking import Progress, SynthesisOptions, asked, clauses_of, pieces_of, said
from pipeline.answering.written import written
from pipeline.audio.resample import Resampler
from pipeline.audio.samples import Samples
from pipeline.conversation.answer_parts import AnswerPart, AudioPiece, Made, SpokenClause
from pipeline.conversation.known import Known
from pipeline.conversation.limits import SpeakingLimits
from pipeline.conversation.notices import (
    ContextUsed,
    Notice,
    PlaybackStopped,
    ReplyAudio,
    ReplyEnded,
    ReplyItemEnded,
    ReplyItemStarted,
    ReplyRecord,
    ReplyStarted,
    ReplyStatus,
    ReplyText,
    ReplyThinking,
    ReplyWords,
    TurnTimed,
    TurnTiming,
)
from pipeline.conversation.playback import Playback
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import (
    ChatModel,
    ChatRequest,
    Retracted,
    Synthesizer,
    TextDelta,
    Thinking,
    ToolCall,
    Usage,
    WordTime,
)
from pipeline.engines.workers import Workers, read_ahead
from pipeline.errors import KaikouError
from pipeline.listening.echo import Loudness
from pipeline.text.clauses import Clause
from pipeline.text.speakable import WIDE
from pipeline.text.word_times import interpolate

CLAUSES_AHEAD = 64
PIECES_AHEAD = 50
"""Pieces of audio, at most 80 ms each, that are made before they can be sent."""


@dataclass(frozen=True, slots=True)
class ReplySink:
    """Where a reply's results go.

    tell: queue a notice for the client; wait_for_room: wait until the queue has room for audio; take_back: remove the
    queued audio of a reply, returning its milliseconds; place: put an item into the conversation, returning the id
    before it; new_id: a fresh id with the given prefix; now: the clock, in seconds. forget: takes an item out of the
    conversation again. sounds: told of an item whose first sound will be heard at this clock reading.
    """

    tell: Callable[[Notice], None]
    wait_for_room: Callable[[], Awaitable[None]]
    take_back: Callable[[ReplyRecord], float]
    place: Callable[[Item], str | None]
    new_id: Callable[[str], str]
    now: Callable[[], float]
    forget: Callable[[Item], None] = lambda _item: None
    sounds: Callable[[Item, float], None] = lambda _item, _heard_at: None


class Reply:
    """One answer. `run` makes and sends it; `release`, `hold`, `go_on` and `end` steer it from outside."""

    def __init__(
        self,
        record: ReplyRecord,
        options: SynthesisOptions,
        timing: TurnTiming,
        sink: ReplySink,
        playback: Playback,
        fillers: Fillers | None = None,
    ) -> None:
        self.record, self.options, self.timing, self.playback = record, options, timing, playback
        self.made = Made()
        self.loudness: Loudness | None = None
        self._sink = sink
        self._released, self._audible = asyncio.Event(), asyncio.Event()
        self._audible.set()
        self._begun = self._ended = False
        self._used: Sequence[Known] = ()
        self._open: Item | None = None
        self._sent_text = ""
        self._clause: SpokenClause | None = None
        self._clause_at_ms = 0.0
        self._begins_ms: dict[str, float] = {}
        self._words_told = True
        self._unwritten: list[WordTime] = []
        self._rate = self._retractions = 0
        self._fillers = fillers or Fillers()
        self._thinking: Literal["thinking", "loading", "over"] = "over"

    @property
    def message(self) -> Item | None:
        """The message that is or was spoken."""
        return next((item for item in reversed(self.record.items) if item.type == "message"), None)

    @property
    def words(self) -> Iterator[WordTime]:
        """All that was or will be said, on the answer's line."""
        yield from self._unwritten
        for item in self.record.items:
            yield from _later(item.words, self._begins_ms[item.id])

    def line_position(self, item: Item, own_ms: float) -> float:
        """Where a position on the own line of one of its items is on the answer's, which all its messages share."""
        return self._begins_ms[item.id] + own_ms

    def not_heard_out(self, heard_ms: int) -> list[tuple[Item, int]]:
        """The spoken messages that end after `heard_ms` of the answer, and the last, each with what was heard of it."""
        spoken = [item for item in self.record.items if item.spoken]
        heard = [(item, max(0, round(heard_ms - self._begins_ms[item.id]))) for item in spoken]
        return [(item, own_ms) for item, own_ms in heard if own_ms < item.audio_ms or item is spoken[-1]]

    @property
    def spoken(self) -> bool:
        """Whether it is an answer in sound that the client knows of."""
        return self._begun and self.options.modality == "audio"

    @property
    def held(self) -> bool:
        """Whether playback is paused."""
        return not self._audible.is_set()

    # --- Steering -----------------------------------------------------------------------------------------------------

    def release(self) -> None:
        """Open the gate; the client learns of the reply now."""
        if not self._begun and not self._ended:
            self._begun = True
            self._sink.tell(ReplyStarted(self.record))
            self._tell_used()
            self._fillers.begin(self._sink.now())
        self._released.set()

    def uses(self, parts: Sequence[Known]) -> None:
        """What the model is shown for it beside what was said; the client is told once it knows of the answer.

        It is not told of a practice's next move, which may set how fast the answer is said.
        """
        self._used = [part for part in parts if part.kind != "practice"]
        if speed := next((part.speed for part in parts if part.speed != 1.0), None):
            voice = self.options.voice
            self.options = replace(self.options, voice=replace(voice, speed=voice.speed * speed))
        self._tell_used()

    def hold(self) -> None:
        """Send no more audio until `go_on`."""
        self._audible.clear()
        self.playback.pause(self._sink.now())

    def go_on(self) -> None:
        """Send audio again after `hold`."""
        self.playback.resume(self._sink.now())
        self._audible.set()

    def stop_at(self, heard_ms: int) -> None:
        """The person stopped listening there: no more sound is sent, text and calls alone go on."""
        self.made.unheard = True
        self.take_back()
        self.playback.stopped(heard_ms)

    def end(self, status: ReplyStatus, reason: str = "", error: KaikouError | None = None) -> None:
        """Close the reply towards the client, once. Nothing of it is sent afterwards."""
        if self._ended:
            return
        self._ended = True
        self.record.status, self.record.reason, self.record.error = status, reason, error
        self.timing.status = status
        if not self._begun:
            return
        if status == "cancelled":
            self.take_back()
        self._tell_thinking("over")
        self._close_item("completed" if status == "completed" else "incomplete")
        self._sink.tell(ReplyEnded(self.record))
        self._sink.tell(TurnTimed(self.timing))

    def take_back(self) -> None:
        """What waits for a slow client is not sent any more, also of a reply that is all made."""
        self.playback.taken_back(self._sink.take_back(self.record))

    # --- Making -------------------------------------------------------------------------------------------------------

    async def run(
        self,
        model: ChatModel,
        request: ChatRequest,
        synthesizer: Synthesizer,
        workers: Workers,
        limits: SpeakingLimits,
    ) -> None:
        """Make the reply and send it to its end. Raises `KaikouError`; closing it (`end`) is then the caller's."""
        spoken, narrated = self.options.modality == "audio", self.options.narrated
        progress = Progress(self.first_token, self._thinks, self._retract)
        events = (
            said(self.options.say)
            if self.options.say
            else asked(model, request, limits, self.made, progress, spoken=spoken, narrated=narrated)
        )
        if not spoken:
            await self.send(written(events), 0, limits.lead_s)
        else:
            await self._speak(clauses_of(events, self.options.language, narrated), synthesizer, workers, limits)
            await self._finish()

    async def send(self, parts: AsyncGenerator[AnswerPart, None], rate: int, lead_s: float) -> None:
        """Send an answer that is made elsewhere, its audio at `rate` Hz, to its end. Raises what making it raises."""
        await self._give(parts, rate, lead_s)
        await self._finish()

    async def _give(self, parts: AsyncGenerator[AnswerPart, None], rate: int, lead_s: float) -> None:
        # All audio of an answer has one rate: what is added to it may come from another engine.
        self._rate = self._rate or rate
        resample = None if rate == self._rate else Resampler(rate, self._rate)
        self._retractions = self.made.retractions
        async with aclosing(parts):
            async for part in parts:
                # The gate comes after the first item is there: that is what speculation prepares.
                await self._released.wait()
                if isinstance(part, Retracted):
                    self._retractions += 1
                elif self._is_retracted:
                    continue
                elif isinstance(part, AudioPiece):
                    if resample and part.pcm is not None:
                        part = replace(part, pcm=resample(part.pcm))
                    await self._send_piece(part, lead_s)
                else:
                    self._send_other(part)

    async def _finish(self) -> None:
        await self._released.wait()
        if self.record.usage.truncated:
            self.end("incomplete", "max_output_tokens")
        else:
            self.end("completed")

    async def add(self, text: str, synthesizer: Synthesizer, workers: Workers, limits: SpeakingLimits) -> None:
        """Say `text` after what broke off. Raises `EngineError`; `end` is the caller's."""
        if (clause := self._clause) and not clause.timed:
            # Of this clause no more will come: its words end where its audio does, so that these come after them.
            clause.words, clause.timed = interpolate(clause.text, round(clause.duration_ms)), True
        gap = " " if self._open and self._open.text and not re.match(f"[{WIDE}]", text) else ""
        await self._speak(_alone(Clause(gap + text, text)), synthesizer, workers, limits)

    async def _speak(
        self,
        parts: AsyncGenerator[Clause | ToolCall | Usage | Retracted, None],
        synthesizer: Synthesizer,
        workers: Workers,
        limits: SpeakingLimits,
    ) -> None:
        pieces = pieces_of(read_ahead(parts, CLAUSES_AHEAD), self.options, synthesizer, workers, limits, self.made)
        await self._give(read_ahead(pieces, PIECES_AHEAD), synthesizer.info.rate, limits.lead_s)

    def first_token(self) -> None:
        """Note when the first result of the model arrived."""
        self.timing.mark("first_token", self._sink.now())
        self._tell_thinking("over")

    def _tell_used(self) -> None:
        if self._used and self._begun and not self._ended:
            self._sink.tell(ContextUsed(self.record.id, self._used))
            self._used = ()

    # --- Thoughts -----------------------------------------------------------------------------------------------------

    def _thinks(self, event: Thinking) -> str:
        """The model is at work without words: the client is told. Returns what the character says meanwhile, or nothing."""
        if self.timing.first_token is not None or not self._released.is_set():
            return ""
        self._tell_thinking("loading" if event.loading else "thinking")
        return "" if self.made.unheard else self._fillers.due(self._sink.now())

    def _tell_thinking(self, state: Literal["thinking", "loading", "over"]) -> None:
        if self._thinking != state and self._begun:
            self._thinking = state
            self._sink.tell(ReplyThinking(self.record, state))

    def _retract(self) -> None:
        """What was sent of the answer was a thought: no more of it is sent, and it is no part of the conversation."""
        self.made.retractions += 1
        self.timing.first_token = self.timing.first_audio = None
        item = self._open
        if item is None:
            return
        self.take_back()
        heard_ms = self.playback.position(self._sink.now())
        self.playback.stopped(heard_ms)
        if item.spoken:
            self._sink.tell(PlaybackStopped(item.id, max(0, round(heard_ms - self._begins_ms[item.id]))))
        self._close_item("incomplete")
        self.record.items.remove(item)
        self.timing.last_audio = None
        self._clause = None
        self._sink.forget(item)

    @property
    def _is_retracted(self) -> bool:
        """Whether what comes now is older than the last retraction."""
        return self._retractions < self.made.retractions

    # --- Sending ------------------------------------------------------------------------------------------------------

    async def _send_piece(self, piece: AudioPiece, lead_s: float) -> None:
        if piece.clause is not self._clause:
            await self._turn()
            if self._is_retracted:
                return
            self._begin_clause(piece.clause)
        if piece.pcm is None or not len(piece.pcm):
            return
        await self._pace(lead_s)
        await self._turn()
        if self.made.unheard or self._is_retracted:
            return
        self._send_audio(piece.pcm)
        self._tell_words()

    async def _turn(self) -> None:
        while True:
            await self._audible.wait()
            await self._sink.wait_for_room()
            if self._audible.is_set():
                return

    async def _pace(self, lead_s: float) -> None:
        while (excess := self.playback.lead_s(self._sink.now()) - lead_s) > 0:
            await asyncio.sleep(max(0.01, excess))

    def _begin_clause(self, clause: SpokenClause) -> None:
        self._tell_words()  # of the clause before, if its last piece left before they were known
        item = self._message()
        self._clause, self._clause_at_ms, self._words_told = clause, self._own_ms(item), self.made.unheard
        if clause.text:
            self._tell_text(item, clause.text)
        if self.made.unheard:
            return
        self._unwritten += _later(clause.unwritten, self.playback.total_ms)
        # Guessed times, until the clause is made: an interruption in its first moments needs some.
        item.words += _later(clause.words, self._clause_at_ms)

    def _send_audio(self, pcm: Samples) -> None:
        item, now, rate = self._message(), self._sink.now(), self._rate
        if self.timing.first_audio is None and self._clause and self._clause.text:  # else it is said while it thinks
            self.timing.mark("first_audio", now)
            self._sink.tell(TurnTimed(replace(self.timing)))
        if not item.audio_ms:
            self._sink.sounds(item, self.playback.ends_at(now))
        self.playback.queued(len(pcm) * 1000 / rate)
        self.loudness = self.loudness or Loudness(rate)
        self.loudness.add(pcm)
        item.audio_ms = round(self._own_ms(item))
        self._sink.tell(ReplyAudio(self.record, self.record.items.index(item), item, pcm, rate))

    def _tell_words(self) -> None:
        """Tell the client where the clause's words are, as soon as all of it is made."""
        clause, item = self._clause, self._open
        if clause is None or item is None or self._words_told or not clause.timed:
            return
        self._words_told = True
        words = _later(clause.words, self._clause_at_ms)
        item.words = [word for word in item.words if word.start_ms < round(self._clause_at_ms)] + words
        self._sink.tell(ReplyWords(self.record, item, words))

    def _send_other(self, event: TextDelta | ToolCall | Usage) -> None:
        match event:
            case TextDelta():
                self._tell_text(self._message(), event.text)
            case ToolCall():
                self._close_item("completed")
                call = Item(
                    self._sink.new_id("item"),
                    "function_call",
                    "assistant",
                    "in_progress",
                    call_id=event.id,
                    name=event.name,
                )
                self._begin_item(call)
                self._tell_text(call, event.arguments)
                self._close_item("completed")
            case Usage():
                self.record.usage = event

    # --- Items --------------------------------------------------------------------------------------------------------

    def _message(self) -> Item:
        """The message that is being sent; begins one if there is none."""
        if self._open is None:
            spoken = self.options.modality == "audio"
            self._begin_item(Item(self._sink.new_id("item"), "message", "assistant", "in_progress", spoken=spoken))
        assert self._open is not None
        return self._open

    def _begin_item(self, item: Item) -> None:
        self.release()
        self._open, self._sent_text = item, ""
        if self.made.unheard and item.spoken:
            item.truncate(0)
        self.record.items.append(item)
        self._begins_ms[item.id] = self.playback.total_ms
        previous = self._sink.place(item) if self.record.in_conversation else None
        self._sink.tell(ReplyItemStarted(self.record, len(self.record.items) - 1, item, previous))

    def _own_ms(self, item: Item) -> float:
        """How much of the item there is."""
        return self.playback.total_ms - self._begins_ms[item.id]

    def _tell_text(self, item: Item, delta: str) -> None:
        self._sent_text += delta
        item.write(delta)
        self._sink.tell(ReplyText(self.record, len(self.record.items) - 1, item, delta))

    def _close_item(self, status: str) -> None:
        if (item := self._open) is None:
            return
        self._tell_words()
        self.timing.mark("last_audio", self._sink.now()) if item.spoken else None
        item.status = "completed" if status == "completed" else "incomplete"
        self._sink.tell(ReplyItemEnded(self.record, len(self.record.items) - 1, item, self._sent_text))
        self._open = None


async def _alone(clause: Clause) -> AsyncGenerator[Clause | ToolCall | Usage | Retracted, None]:
    yield clause


def _later(words: Sequence[WordTime], by_ms: float) -> list[WordTime]:
    return [WordTime(word.text, round(word.start_ms + by_ms), round(word.end_ms + by_ms)) for word in words]
