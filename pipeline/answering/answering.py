"""The character's side of a session: answers are prepared, released, held, interrupted, and counted as heard."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from pipeline.answering.apology import Apologies
from pipeline.answering.fillers import Fillers, lines_of
from pipeline.answering.heard_sound import HeardAnswers
from pipeline.answering.reply import Reply, ReplySink
from pipeline.answering.speaking import SynthesisOptions
from pipeline.conversation.config import ResponseRequest
from pipeline.conversation.context import Context
from pipeline.conversation.journal import ItemTimed, ReplyUsage
from pipeline.conversation.notices import (
    ItemLeft,
    PlaybackPaused,
    PlaybackResumed,
    PlaybackStopped,
    ReplyAudio,
    ReplyRecord,
    TurnTiming,
)
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import ChatRequest, context_window_of
from pipeline.engines.workers import stray_cancellation_fails
from pipeline.errors import LimitReached
from pipeline.listening.echo import Playing
from pipeline.listening.item_audio import ItemAudio
from pipeline.listening.listening import Listening
from pipeline.listening.overlapping_speech import JustSaid
from pipeline.listening.recognizing import Turn
from pipeline.prompt.budget import Budget, budget_of, within_window
from pipeline.prompt.messages import chat_request, last_said, with_known
from pipeline.prompt.short_term import ShortTermMemory
from pipeline.prompt.sources import Asked, Known, context_for
from pipeline.speech_model.client import SpeechModelClient
from pipeline.text.language import language_of
from pipeline.turns.events import (
    Event,
    Interruption,
    ReplyFailed,
    ReplyGenerated,
    ReplyPlayed,
    StartReply,
)

PLAYED_GRACE_S = 3.0
"""A player that reports nothing new for this long after everything should have been heard is taken to be done."""

APOLOGY_S, APOLOGY_AUDIO_S = 15.0, 3.0
"""How long all of an apology may take, and how long its synthesiser may be silent."""

SPECULATION_WINDOW_S = 60.0
"""Wrong speculations are counted over this time."""

SAID_MS = 8_000
"""Words that were played longer ago than this, in milliseconds, are not compared with what is heard."""

NOT_YET_SAID_MS = 500
"""A player that reports nothing may be ahead of us by so much."""


class Answering:
    """Answers for one session. In the conversation one at a time, by number; beside it a few, by id.

    What happens to them is told to `report`.
    """

    def __init__(
        self,
        context: Context,
        listening: Listening,
        item_audio: ItemAudio,
        report: Callable[[Event], None],
        short_term: ShortTermMemory,
        speech_model: SpeechModelClient | None = None,
    ) -> None:
        self._context, self._listening, self._report, self._speech_model = context, listening, report, speech_model
        self._short_term = short_term
        self._item_audio = item_audio
        self._replies: dict[int, tuple[Reply, asyncio.Task[None]]] = {}
        self._out_of_band: dict[str, tuple[Reply, asyncio.Task[None]]] = {}
        self._wrong: deque[float] = deque(maxlen=context.limits.speculations_per_minute)
        self.asked: ResponseRequest | None = None
        self._spoken: Reply | None = None
        self._apologies = Apologies()
        self._heard = HeardAnswers(context, listening)
        context.outbox.audio_left = self._audio_left

    def __getitem__(self, number: int) -> Reply:
        return self._replies[number][0]

    # --- Effects ------------------------------------------------------------------------------------------------------

    def start(self, effect: StartReply) -> None:
        """Prepare an answer; unless it is speculative, the client learns of it at once."""
        ask, self.asked = self.asked or ResponseRequest(), None
        turn = self._listening.turns.get(effect.turn) if effect.turn else None
        now = self._context.now()
        timing = TurnTiming("", turn.item.id if turn else "", turn.speech_end if turn else now, effect.speculative)
        reply = self._make(ask, timing)
        if not effect.speculative:
            self._release(reply, turn)
        draft = _draft(effect.draft, turn) if effect.draft else None
        work = self._answer(effect.reply, reply, ask, draft)
        self._replies[effect.reply] = (reply, self._context.spawn(work))

    def release(self, number: int) -> None:
        """Send a speculative answer: the final words of the turn equal the drafted ones."""
        reply = self[number]
        turns = self._listening.turns.values()
        self._context.observer.speculated(True, reply.made)
        self._release(reply, next((turn for turn in turns if turn.item.id == reply.timing.item_id), None))

    def may_speculate(self) -> bool:
        """Whether fewer speculations than allowed were wrong in the last minute."""
        full = len(self._wrong) == self._wrong.maxlen
        return not full or self._wrong[0] < self._context.now() - SPECULATION_WINDOW_S

    def drop(self, number: int) -> None:
        """Discard a speculative answer: the person went on, or the final words differ from the drafted ones."""
        reply, task = self._replies.pop(number)
        reply.end("cancelled")
        task.cancel()
        self._wrong.append(self._context.now())
        self._context.observer.speculated(False, reply.made)

    def interrupt(self, number: int, reason: Interruption) -> None:
        """Stop the answer; the conversation keeps what was heard of it."""
        reply, task = self._replies.pop(number)
        reply.take_back()
        heard_ms = reply.playback.position(self._context.now())
        made = reply.record.status != "in_progress"
        self._heard.interrupted(reply, heard_ms)
        cut = reply.not_heard_out(heard_ms)
        for item, own_ms in cut:
            if item.status != "in_progress":  # else the end of the answer tells it
                self._context.outbox.put(PlaybackStopped(item.id, own_ms))
        reply.end("cancelled", reason)
        for item, own_ms in cut if not reply.made.unheard else ():
            item.truncate(own_ms)
            self._context.journal.corrected(item, self._context.transcript)
        self._count(reply)
        task.cancel()
        if not made:  # else it was counted when all of it was made
            self._context.observer.turn(reply.timing)

    def pause(self, number: int) -> None:
        """Send no audio until `resume` or `interrupt`, while it is not known whether a voice is an interruption."""
        reply = self[number]
        reply.hold()
        if reply.message and reply is self._heard_first():
            self._context.outbox.put(PlaybackPaused(reply.message.id))

    def resume(self, number: int) -> None:
        """Send audio again after `pause`: the voice was no interruption."""
        reply = self[number]
        reply.go_on()
        if not self._context.attached:
            reply.playback.pause(self._context.now())
        if reply.message and reply is self._heard_first():
            self._context.outbox.put(PlaybackResumed(reply.message.id))

    # --- A voice meanwhile --------------------------------------------------------------------------------------------

    @property
    def audible(self) -> bool:
        """Whether an answer is being heard now."""
        reply = self._playing
        return reply is not None and reply.playback.runs(self._context.now())

    def playing(self) -> Playing | None:
        """The answer that the player is in, paused or not; None if there is none."""
        reply = self._playing
        if reply is None or not reply.loudness:
            return None
        now = self._context.now()
        if reply.playback.runs(now):
            return Playing(reply.loudness, reply.playback.position(now))
        return Playing(reply.loudness, None) if reply.held else None

    def just_said(self) -> JustSaid | None:
        """The words around the playback position, which a voice may echo or answer; None if nothing was said yet."""
        reply = self._playing
        if reply is None or reply.message is None:
            return None
        position_ms = reply.playback.position(self._context.now())
        since, until = position_ms - SAID_MS, position_ms + NOT_YET_SAID_MS
        said = "".join(word.text for word in reply.words if since <= word.start_ms <= until)
        return JustSaid(said, self._left_ms())

    def _left_ms(self) -> int | None:
        """What is still to be heard of the answers in a row; None while one of them is in the making."""
        replies, now = [reply for reply, _task in self._replies.values()], self._context.now()
        if any(reply.record.status == "in_progress" for reply in replies):
            return None
        return round(sum(reply.playback.lead_s(now) for reply in replies) * 1000)

    # --- Beside the conversation --------------------------------------------------------------------------------------

    @property
    def answers_out_of_band(self) -> bool:
        """Whether an answer outside the conversation is in progress."""
        return bool(self._out_of_band)

    def start_out_of_band(self, ask: ResponseRequest) -> None:
        """Answer outside the conversation. Raises `LimitReached` if too many go on."""
        most = self._context.limits.out_of_band
        if len(self._out_of_band) >= most:
            raise LimitReached(f"At most {most} out-of-band responses may be in progress.", code="too_many_responses")
        reply = self._make(ask, TurnTiming("", "", self._context.now()))
        reply.release()
        self._out_of_band[reply.record.id] = (reply, self._context.spawn(self._answer_out_of_band(reply, ask)))

    def cancel_out_of_band(self, reply_id: str) -> bool:
        """Stop an answer outside the conversation; whether there was one of that id."""
        if reply_id not in self._out_of_band:
            return False
        reply, task = self._out_of_band.pop(reply_id)
        reply.end("cancelled", Interruption.CLIENT_CANCELLED)
        task.cancel()
        self._count(reply)
        return True

    # --- Playing ------------------------------------------------------------------------------------------------------

    def played(self, item_id: str, played_ms: float, playing: bool) -> None:
        """The client's player reports its position in an item; items that are not being heard are ignored."""
        now, before = self._context.now(), None
        for reply, _task in self._replies.values():
            if item := next((item for item in reply.record.items if item.id == item_id), None):
                reply.playback.reported(reply.line_position(item, played_ms), playing, now)
                self._heard.reported(reply)
                before = reply.playback
            elif before and before.lead_s(now) > 0:
                reply.playback.follows(before.ends_at(now), now)
                before = reply.playback
        if before is None and not playing and (item := self._context.transcript.get(item_id)):
            self._heard.stopped(item, played_ms)

    def _audio_left(self, audio: ReplyAudio) -> None:
        """A piece is on its way to the client: from here on it can be heard."""
        for reply, _task in (*self._replies.values(), *self._out_of_band.values()):
            if reply.record is audio.reply:
                if audio.reply.in_conversation:
                    self._heard.leaves(reply, audio)
                reply.playback.sent(len(audio.pcm) * 1000 / audio.rate, self._context.now())

    def truncate(self, item: Item, heard_ms: int) -> int | None:
        """The client's player stopped within an item; if that was all sent, the number of its reply, which is over."""
        item.truncate(heard_ms)
        self._heard.stopped(item, heard_ms)
        for number, (reply, task) in self._replies.items():
            if reply.message is not item:
                continue
            stopped_ms = round(reply.line_position(item, heard_ms))
            if reply.record.status == "in_progress":
                reply.stop_at(stopped_ms)
                return None
            del self._replies[number]
            reply.take_back()
            task.cancel()
            reply.playback.stopped(stopped_ms)
            self._move_up(number)
            self._count(reply)
            return number
        return None

    def _move_up(self, left: int) -> None:
        """What is queued behind the answer `left`, and was not heard yet, is heard next."""
        now = self._context.now()
        ends_at = now
        for number, (reply, _task) in self._replies.items():
            if number > left and reply.playback.position(now) == 0:
                reply.playback.follows(ends_at, now)
            ends_at = reply.playback.ends_at(now)

    def tell_heard(self, *, all: bool = False) -> None:
        """Put the sound that was heard meanwhile into the journal; `all` of it at the end of the session."""
        self._heard.tell(all=all)

    def pause_clock(self) -> None:
        """Stop counting audio as heard by the clock: the client is disconnected."""
        for reply, _task in self._replies.values():
            reply.playback.pause(self._context.now())

    def resume_clock(self) -> None:
        """Count audio as heard by the clock again: the client is connected."""
        for reply, _task in self._replies.values():
            if not reply.held:
                reply.playback.resume(self._context.now())

    # --- Inside -------------------------------------------------------------------------------------------------------

    @property
    def _playing(self) -> Reply | None:
        """The answer that the player is in, or was in last."""
        if len(self._replies) < 2:  # nothing is queued behind another: asked for each window of the microphone
            return self._spoken
        now = self._context.now()
        row = (reply for reply, _task in self._replies.values() if reply.playback.lead_s(now) > 0)
        return next(row, self._spoken)

    def _heard_first(self) -> Reply | None:
        """Of the answers that are not over, the one that is heard first."""
        return next((reply for reply, _task in self._replies.values()), None)

    def _audible_until(self) -> float:
        """When all that was sent will have been heard."""
        now = self._context.now()
        return max((reply.playback.ends_at(now) for reply, _task in self._replies.values()), default=0.0)

    def _release(self, reply: Reply, turn: Turn | None) -> None:
        if turn and turn.turn_end is not None:
            reply.timing.began = turn.speech_end
            reply.timing.mark("turn_end", turn.turn_end)
            reply.timing.mark("recognized", turn.recognized_at or self._context.now())
        reply.release()
        self._spoken = reply

    def _make(self, ask: ResponseRequest, timing: TurnTiming) -> Reply:
        context, config = self._context, self._context.config
        voice = config.voice if ask.voice is None else ask.voice
        modality, most = ask.modality or config.modality, ask.most_tokens(config)
        id, conversation = context.new_id("resp"), ask.in_conversation
        record = ReplyRecord(id, modality, voice, conversation, ask.metadata, most, ask.audio_format)
        timing.reply_id = record.id
        outbox = context.outbox
        place = context.transcript.add
        sink = ReplySink(
            outbox.put,
            outbox.wait_for_room,
            outbox.drop_audio,
            place,
            context.new_id,
            context.now,
            self._forget,
            self._begins_to_sound,
        )
        language = language_of(self._said(ask), config.language)
        fillers = Fillers(lines_of(config.character, language), len(context.transcript))
        options = SynthesisOptions(modality, voice, config.language, ask.say, config.narrated)
        return Reply(record, options, timing, sink, context.playback(self._audible_until()), fillers)

    def _forget(self, item: Item) -> None:
        if self._context.transcript.remove(item.id):
            self._context.outbox.put(ItemLeft(item.id, taken_back=True))

    def _begins_to_sound(self, item: Item, heard_at: float) -> None:
        self._context.journal.put(ItemTimed(item.id, self._listening.line_ms(heard_at)))

    def _count(self, reply: Reply) -> None:
        """Write what an answer used to the journal, once it is over."""
        made, record, heard_ms = reply.made, reply.record, reply.playback.position(self._context.now())
        tokens = record.usage.input_tokens, record.usage.output_tokens
        made_ms = round(made.audio_ms)
        usage = ReplyUsage(record.id, record.status, made.spoken_characters, made_ms, heard_ms, *tokens)
        self._context.journal.put(usage)

    async def _answer(self, number: int, reply: Reply, ask: ResponseRequest, draft: Item | None) -> None:
        context = self._context
        over: Event = ReplyPlayed(number)
        try:
            with stray_cancellation_fails():
                await self._run(reply, ask, draft)
            self._apologies.answered()
        except Exception as error:  # noqa: BLE001 — the reply's outermost frame: the next turn is not affected
            failure = context.failure("reply", error)
            await self._apologise(reply, ask, failure.code)
            if reply.held:
                self.resume(number)
            reply.end("failed", error=failure)
            over = ReplyFailed(number)
        context.observer.turn(reply.timing)
        self._report(ReplyGenerated(number))
        await self._played_out(reply)
        self._heard.over(reply)
        self._replies.pop(number, None)
        self._count(reply)
        self._report(over)

    async def _apologise(self, reply: Reply, ask: ResponseRequest, code: str) -> None:
        """Have the character say that there will be no answer, or no more of it, if it can still speak."""
        context = self._context
        if ask.say or not reply.spoken or not self._apologies.due(context.now()):
            return
        language = language_of(self._said(ask), context.config.language)
        text = self._apologies.text(context.config.character, language, code)
        limits = context.limits.speaking
        quick = replace(limits, audio_s=min(limits.audio_s, APOLOGY_AUDIO_S))
        before_ms = reply.playback.total_ms
        with suppress(Exception):  # Then the client's error alone says it; the engine's bulkhead has told why.
            async with asyncio.timeout(APOLOGY_S):
                await reply.add(text, context.engines.synthesizer, context.workers, quick)
        if reply.playback.total_ms > before_ms:
            self._apologies.said(context.now())

    async def _answer_out_of_band(self, reply: Reply, ask: ResponseRequest) -> None:
        try:
            with stray_cancellation_fails():
                await self._run(reply, ask, None)
        except Exception as error:  # noqa: BLE001 — the reply's outermost frame
            reply.end("failed", error=self._context.failure("reply", error))
        finally:
            if self._out_of_band.pop(reply.record.id, None):
                self._count(reply)

    async def _run(self, reply: Reply, ask: ResponseRequest, draft: Item | None) -> None:
        context = self._context
        if not draft and ask.input is None and not ask.say:
            await self._listening.recognized()
        if not (self._speech_model and self._speech_model.wanted):
            window = context_window_of(context.engines.chat_model)
            ask = within_window(ask, context.config, context.limits.prompt, window)
        budget = self._budget(ask)
        await self._item_audio.known(self._shown(ask, draft, budget))
        if self._speech_model and self._speech_model.wanted:
            parts = self._speech_model.answer(ask, reply.record.items, reply.made, reply.first_token)
            await reply.send(parts, self._speech_model.rate, context.limits.speaking.lead_s)
            return
        shown = self._shown(ask, draft, budget)
        if failure := self._listening.failure(reply.timing.item_id) or self._item_audio.failure(shown):
            raise failure
        request = await self._request(reply, ask, shown, budget)
        engines = context.engines
        await reply.run(engines.chat_model, request, engines.synthesizer, context.workers, context.limits.speaking)
        if not self._makes_others(reply):
            self._short_term.answered(budget)

    def _makes_others(self, reply: Reply) -> bool:
        """Whether an answer other than this one wants the model."""
        others = (
            other for other, _task in (*self._replies.values(), *self._out_of_band.values()) if other is not reply
        )
        return any(other.record.status == "in_progress" for other in others)

    async def _request(self, reply: Reply, ask: ResponseRequest, shown: list[Item], budget: Budget) -> ChatRequest:
        """What the model is asked, where it is asked at all."""
        config = self._context.config
        if ask.say:
            return chat_request(config, ask, shown)
        self._short_term.withdraw()
        known = await self._known(ask, shown, budget)
        summary = self._short_term.text(config.language) if ask.input is None else ""
        reply.uses([*([Known(summary, "summary")] if summary else []), *known])
        return with_known(chat_request(config, ask, shown, [part.text for part in known], summary), known)

    def _budget(self, ask: ResponseRequest) -> Budget:
        context, config = self._context, self._context.config
        window = context_window_of(context.engines.chat_model)
        instructions = f"{ask.instructed(config)}\n{ask.instructed_after(config)}"
        sources = bool(config.sources)
        return budget_of(context.limits.prompt, window, instructions, ask.offered(config), sources=sources)

    async def _known(self, ask: ResponseRequest, items: list[Item], budget: Budget) -> list[Known]:
        """What is known beside `items`; nothing where the client itself says what the model sees."""
        if ask.input is not None or not ask.in_conversation:
            return []
        context, said = self._context, last_said(items)
        asked = Asked(items, said, language_of(said, context.config.language), budget.known)
        return await context_for(asked, context.config.sources, context.limits.sources_s, context.spawn)

    def _shown(self, ask: ResponseRequest, draft: Item | None, budget: Budget) -> list[Item]:
        """The items that the model sees word for word."""
        if ask.input is None:
            return self._short_term.shown(budget, draft)
        return [*ask.input, draft] if draft else list(ask.input)

    def _said(self, ask: ResponseRequest) -> str:
        """The person's last words, in what is to be answered."""
        return last_said(self._context.transcript.said if ask.input is None else ask.input)

    async def _played_out(self, reply: Reply) -> None:
        """Wait until the person heard all of it; bounded, since a player may never say so."""
        now = self._context.now
        give_up = reply.playback.ends_at(now()) + PLAYED_GRACE_S
        while (left := reply.playback.lead_s(now())) > 0:
            waits = reply.held or not self._context.attached or reply.playback.queued_ms > 0
            if waits:  # what stands still is not late; a client that takes nothing is cut off in time
                give_up = reply.playback.ends_at(now()) + PLAYED_GRACE_S
            elif now() > give_up:
                return
            self._heard.tell()
            await asyncio.sleep(min(max(left, 0.02), 0.5))


def _draft(text: str, turn: Turn | None) -> Item:
    """The words of a turn that may go on, as the model sees them."""
    item = turn.item if turn else Item("")
    return Item("draft", text=text, emotion=item.emotion, sounds=item.sounds)
