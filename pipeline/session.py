"""One conversation: it performs what `Dialogue` decides. Owns the conversation's tasks and nothing that outlives them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import replace
from typing import Any, assert_never

from pipeline.answering.answering import Answering
from pipeline.audio.samples import Samples
from pipeline.conversation.config import Engines, Observer, ResponseRequest, SessionConfig
from pipeline.conversation.context import Context
from pipeline.conversation.journal import ItemRemoved, ItemSnapshot, Journal
from pipeline.conversation.limits import SessionLimits
from pipeline.conversation.notices import HearingFailed, ItemAdded
from pipeline.conversation.outbox import Outbox
from pipeline.conversation.playback import Playback
from pipeline.conversation.summary import Summary
from pipeline.conversation.transcript import Item, Transcript
from pipeline.engines.workers import Workers
from pipeline.errors import InvalidRequest
from pipeline.listening.idle_timeout import IdleTimeout
from pipeline.listening.item_audio import ItemAudio
from pipeline.listening.listening import Listening
from pipeline.listening.overlapping_speech import OverlappingSpeech
from pipeline.prompt.short_term import ShortTermMemory
from pipeline.speech_model.client import SpeechModelClient, policy_without_words
from pipeline.turns.dialogue import BargeIn, Dialogue, Policy
from pipeline.turns.events import (
    CloseUtterance,
    DiscardUtterance,
    DraftUtterance,
    DropReply,
    Effect,
    Event,
    IdleTimedOut,
    InterruptReply,
    OpenUtterance,
    PartialRecognized,
    PausePlayback,
    ReleaseReply,
    ReplyCancelled,
    ReplyPlayed,
    ReplyRequested,
    ReportUnexpected,
    ResumePlayback,
    SetAside,
    StartReply,
    TakeSilence,
    UtteranceDrafted,
    UtteranceRecognized,
)


class _Ended(Exception):
    """Leaves the session's task group."""


JOURNAL_S = 2.0
"""How long the journal's writer may take for what is left when the session ends."""


class Session:
    """A conversation with one person. `run` once; everything else from the same event loop while it runs.

    What it has to say waits in `outbox`; what was said is in `transcript`, and goes to the `journal`. One that was
    begun before goes on with its `transcript` and `summary`, of which the client is not told here.
    `playback` makes, for each answer, what knows how much of it was heard: it is the transport's, see `Playback`.
    """

    def __init__(
        self,
        config: SessionConfig,
        engines: Engines,
        workers: Workers,
        limits: SessionLimits | None = None,
        observer: Observer | None = None,
        now: Callable[[], float] = time.monotonic,
        journal: Journal | None = None,
        transcript: Sequence[ItemSnapshot] = (),
        summary: Summary | None = None,
        playback: Callable[[float], Playback] = Playback,
    ) -> None:
        limits, observer = limits or SessionLimits(), observer or Observer()
        self._journal = journal or Journal()
        self._context = Context(config, engines, workers, limits, observer, now, self._spawn, self._journal)
        self._context.playback = playback
        for item in transcript[-limits.items :]:
            self.transcript.add(item.restored())
        self._short_term = ShortTermMemory(self._context, summary)
        self._tasks: asyncio.TaskGroup | None = None
        self._speech_model = SpeechModelClient(self._context, engines.speech_model) if engines.speech_model else None
        self._dialogue = Dialogue(self._policy)
        self._voice = engines.detection.open(self._take_window, self._failed_to_hear)
        self._overlapping = OverlappingSpeech()
        self._listening = Listening(self._context, self._overlapping, self._receive, self._speech_model)
        self._item_audio = ItemAudio(self._context, self._speech_model)
        self._answering = Answering(
            self._context, self._listening, self._item_audio, self._receive, self._short_term, self._speech_model
        )
        self._idle = IdleTimeout(lambda: self._listening.heard_ms, self._idle_timed_out)
        self._idle.configure(config.idle_timeout_ms)
        self._closing = asyncio.Event()

    @property
    def config(self) -> SessionConfig:
        """The settings in force; change them by `configure`."""
        return self._context.config

    @property
    def outbox(self) -> Outbox:
        """What waits for the client."""
        return self._context.outbox

    @property
    def transcript(self) -> Transcript:
        """What was said and heard."""
        return self._context.transcript

    @property
    def summary(self) -> Summary:
        """What is still known of the older part of the conversation; changes are in the journal."""
        return self._short_term.summary

    def forget(self, items: Collection[str]) -> None:
        """Take what comes from the items with these ids out of the summary, for good; the items themselves stay."""
        self._short_term.forget(items)

    @property
    def idle_s(self) -> float:
        """How long nobody has spoken, written or asked for anything."""
        return self._context.now() - self._context.active_at

    @property
    def at_rest(self) -> bool:
        """Whether nobody is speaking and nothing is being answered or heard, in the conversation or beside it."""
        busy = self._listening.recognizes or self._item_audio.hears or self._answering.answers_out_of_band
        return self._dialogue.at_rest and not busy

    def new_id(self, kind: str) -> str:
        """A fresh id for an item of the client's."""
        return self._context.new_id(kind)

    async def run(self) -> None:
        """Live until `close` or cancellation; nothing that was started goes on when this returns."""
        writing = asyncio.create_task(self._journal.run())
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await self._closing.wait()
                raise _Ended
        except* _Ended:
            pass
        finally:
            self._voice.close()
            self._idle.stop()
            self._tasks = None
            self._tell_all_sound()
            self._journal.close()
            try:
                await asyncio.wait({writing}, timeout=JOURNAL_S)
            finally:
                writing.cancel()
                await asyncio.wait({writing})

    def close(self) -> None:
        """End the session. Idempotent."""
        self._closing.set()

    def configure(self, config: SessionConfig) -> None:
        """Change the settings; a turn or an answer that goes on keeps those it began with."""
        self._voice.flush()
        self._context.config = config
        self._dialogue.policy = self._policy
        self._idle.configure(config.idle_timeout_ms)
        for event in self._listening.configure(config.endpointing):
            self._receive(event)

    def keep_sound(self, wanted: bool) -> None:
        """Whether the journal gets the sound of both sides from now on: the person agreed, or agrees no more."""
        if not wanted:
            self._tell_all_sound()
        self._journal.keep_sound(wanted)

    def _tell_all_sound(self) -> None:
        self._listening.tell_rest()
        self._answering.tell_heard(all=True)

    def detach(self) -> None:
        """The client was cut off: until it is back, nothing counts as heard and its silence means nothing."""
        self._context.attached = False
        self._answering.pause_clock()

    def attach(self) -> None:
        """The client is there, or there again."""
        self._context.attached = True
        self._answering.resume_clock()
        self._idle.restart()

    # --- What the client does -----------------------------------------------------------------------------------------

    def accept_audio(self, pcm: Samples) -> None:
        """Take microphone samples at `LINE_RATE`; they are acted on at the end of the loop's round, in one pass for all.

        Voice detection takes about 0.1 ms for each 32 ms: keep calls short. Raises `LimitReached`.
        """
        self._voice.push(self._listening.windows(pcm))
        self._answering.tell_heard()

    def commit_audio(self) -> None:
        """The client ends the turn. Raises `InvalidRequest` if there is less than 100 ms of it."""
        self._voice.flush()
        self._receive(self._listening.commit())
        self._idle.client_acted()

    def clear_audio(self) -> None:
        """The client throws uncommitted audio away."""
        self._voice.flush()
        self._receive(self._listening.clear())

    def add_item(self, item: Item, after: str | None = None) -> None:
        """Put an item of the client's into the conversation, and hear its audio.

        Raises `InvalidRequest` and `LimitReached`, see `Transcript.add` and `ItemAudio.check`.
        """
        self._context.touch()
        self._item_audio.check([item], "item.content")
        self.outbox.put(ItemAdded(item, self.transcript.add(item, after)))
        self._item_audio.hear(item)
        self._idle.client_acted()

    def remove_item(self, item_id: str) -> bool:
        """Take an item out of the conversation; whether it was there."""
        item = self.transcript.get(item_id)
        if item is None:
            return False
        self.transcript.remove(item_id)
        self._item_audio.give_up(item)
        self._short_term.forget([item_id])
        self._journal.put(ItemRemoved(item_id))
        return True

    def request_reply(self, ask: ResponseRequest) -> None:
        """Have the character answer. Raises `InvalidRequest` while it is already answering."""
        self._voice.flush()
        self._context.touch()
        given = [item for item in ask.input or () if self.transcript.get(item.id) is not item]
        self._item_audio.check(given, "response.input")
        if not ask.in_conversation:
            self._answering.start_out_of_band(ask)
            return
        if active := self._active_reply():
            raise InvalidRequest(
                f"Conversation already has an active response in progress: {active}. "
                "Wait until the response is finished before creating a new one.",
                code="conversation_already_has_active_response",
            )
        self._answering.asked = ask
        self._idle.client_acted()
        self._receive(ReplyRequested())

    def cancel_reply(self, reply_id: str | None = None) -> None:
        """Stop the answer called `reply_id`, or the one in progress. Raises `InvalidRequest` if there is none."""
        if reply_id and self._answering.cancel_out_of_band(reply_id):
            return
        active = self._active_reply()
        if active is None or reply_id not in (None, active):
            raise InvalidRequest("Cancellation failed: no active response found", code="response_cancel_not_active")
        self._receive(ReplyCancelled())

    def truncate(self, item_id: str, heard_ms: int) -> None:
        """The person heard only the first `heard_ms` of an item, and will hear no more of it.

        Raises `InvalidRequest` unless the character said it aloud.
        """
        item = self.transcript.get(item_id)
        if item is None or item.role != "assistant" or item.type != "message" or not item.spoken or item.parts:
            message = f"There is no spoken assistant message '{item_id}' to truncate."
            raise InvalidRequest(message, code="item_truncate_invalid_item_id", param="item_id")
        heard = self._answering.truncate(item, heard_ms)
        self._journal.corrected(item, self.transcript)
        if heard is not None:
            self._receive(ReplyPlayed(heard))

    def played(self, item_id: str, played_ms: float, playing: bool) -> None:
        """The client's player reports how much of an item was heard, and whether it is playing."""
        self._answering.played(item_id, played_ms, playing)

    @property
    def _policy(self) -> Policy:
        policy = self._context.config.policy
        return policy_without_words(policy) if self._speech_model and self._speech_model.wanted else policy

    @property
    def _confirms(self) -> bool:
        return self._dialogue.policy.barge_in is BargeIn.CONFIRMED

    def _take_window(self, window: Samples, probability: float) -> None:
        """A window of the microphone, and the probability that it is speech."""
        self._listening.be_alert(self._confirms and self._answering.audible)
        for event in self._listening.push_window(window, self._persons(window, probability)):
            self._receive(event)
        if self._dialogue.doubted:
            self._receive(self._overlapping.lasted(self._dialogue.turn))

    def _failed_to_hear(self, role: str, error: Exception) -> None:
        self.outbox.put(HearingFailed(self._context.failure(role, error)))

    def _persons(self, window: Samples, probability: float) -> float:
        config = self._context.config
        if config.policy.barge_in is not BargeIn.CONFIRMED or config.endpointing is None:
            return probability
        return self._overlapping.persons(window, probability, config.endpointing.threshold, self._answering.playing())

    def _active_reply(self) -> str | None:
        current = self._dialogue.reply
        if current is None or current.speculative or current.generated:
            return None
        return self._answering[current.id].record.id

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        if self._tasks is None:
            work.close()
            raise RuntimeError("The session is not running.")
        return self._tasks.create_task(work)

    # --- What the turn machine decides --------------------------------------------------------------------------------

    def _receive(self, event: Event) -> None:
        beside_nothing = not self._dialogue.replies
        if isinstance(event, UtteranceDrafted) and beside_nothing and not self._answering.may_speculate():
            return
        effects = self._dialogue.receive(self._with_sound(event))
        self._overlapping.doubted = self._dialogue.doubted
        for effect in effects:
            self._perform(effect)
        self._idle.received(event, resting=self._dialogue.at_rest)

    def _idle_timed_out(self, began_ms: int) -> None:
        if self._context.attached and not self.transcript.awaits_output:
            self._receive(IdleTimedOut(began_ms))
        else:
            self._idle.restart()

    def _with_sound(self, event: Event) -> Event:
        """Words that may be a voice over a reply come with what is known of its sound."""
        match event:
            case PartialRecognized() | UtteranceDrafted() | UtteranceRecognized() if self._confirms:
                if event.turn != self._dialogue.turn:
                    return event
                return replace(event, sound=self._overlapping.sound(event.text, self._answering.just_said()))
            case _:
                return event

    def _perform(self, effect: Effect) -> None:
        match effect:
            case OpenUtterance():
                self._listening.open(effect)
                self._overlapping.began()
            case DraftUtterance():
                self._listening.draft()
            case CloseUtterance():
                self._listening.close(effect)
            case DiscardUtterance():
                self._listening.discard()
            case SetAside():
                self._listening.set_aside(effect)
                if turn := self._listening.turns.get(effect.turn):
                    self._journal.corrected(turn.item, self.transcript)
                self._overlapping.set_aside(effect.verdict)
            case TakeSilence():
                self._listening.take_silence(effect)
            case StartReply():
                if effect.turn:
                    self._overlapping.was_answered()
                self._answering.start(effect)
            case ReleaseReply():
                self._answering.release(effect.reply)
            case DropReply():
                self._answering.drop(effect.reply)
            case InterruptReply():
                self._answering.interrupt(effect.reply, effect.reason)
            case PausePlayback():
                self._answering.pause(effect.reply)
                self._overlapping.began()
            case ResumePlayback():
                self._answering.resume(effect.reply)
            case ReportUnexpected():
                self._context.observer.unexpected(effect.event, effect.person, effect.reply)
            case _:
                assert_never(effect)
