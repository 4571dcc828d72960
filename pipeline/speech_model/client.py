"""One session's talk with a speech model: it hears the person's turns and makes the answers, in place of three engines.

Who speaks when stays ours: voice detection, the end of a turn, interruptions, pacing. So does the conversation: before an
answer the model's copy is brought up to date with our transcript (`remote_conversation`), and when the connection is
lost the next one is told all of it again. Connections are opened when somebody begins to speak or an answer is wanted,
and renewed before providers end them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import assert_never

import numpy as np

from pipeline.audio.samples import Samples, samples_of
from pipeline.conversation.answer_parts import AnswerPart, Made
from pipeline.conversation.config import ResponseRequest, SessionConfig
from pipeline.conversation.context import Context
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import EngineInfo, Recognition, Usage
from pipeline.engines.speech_model import SpeechLink, SpeechModel, SpeechModelConfig, SpeechModelRequest
from pipeline.engines.workers import each_within, stray_cancellation_fails
from pipeline.errors import EngineError, EngineTimeout
from pipeline.prompt.budget import newest
from pipeline.prompt.messages import prompt
from pipeline.speech_model.parts import SpeechParts
from pipeline.speech_model.remote_conversation import (
    AddItem,
    RemoteConversation,
    RemoveItem,
    SendTurn,
    TruncateItem,
    text_apart,
)
from pipeline.text.clean import clean
from pipeline.turns.dialogue import Policy
from pipeline.turns.interruption import SHORT_MS, SHORT_SOFT_MS, Sound, Verdict, judge, words_of

RENEW_S = 25 * 60.0
"""The age at which a connection is replaced between two answers: StepFun ends them after 30 minutes, OpenAI after 60."""

SHORTEST_TURN = samples_of(120)
"""Samples; the realtime API refuses turns under 100 ms."""

WORDS_S = 15.0
"""How long the words of a turn are waited for."""

SENT_S = 6.0
"""How long a piece of a turn may take to leave while the turn goes on; then it waits for the end of it."""

KEPT_SOUNDS = 3
"""Turns whose sound is kept until they are answered, to be told again if the connection is lost before."""

DOUBT_MS = 2_500
"""How long a silent voice over the reply may be doubted: its words come only after the turn is over."""

SAY = "\n\nSay exactly the following, word for word, and nothing else:\n"


@dataclass(slots=True)
class SpeechModelConnection:
    """A connection, what the model knows over it, and how it is set up."""

    link: SpeechLink
    opened: float
    config: SpeechModelConfig
    remote: RemoteConversation = field(default_factory=RemoteConversation)


class SpeechModelClient:
    """See the module. Failing calls raise `EngineError`; the next one tries anew."""

    def __init__(self, context: Context, model: SpeechModel) -> None:
        self._context, self._model = context, model
        self._connection: SpeechModelConnection | None = None
        self._opening, self._answering = asyncio.Lock(), asyncio.Lock()
        self._sounds: dict[str, SpeechModelUtterance] = {}
        self.microphone = asyncio.Lock()

    @property
    def wanted(self) -> bool:
        """Whether the session config has this conversation answered by the speech model."""
        return self._context.config.by_speech_model

    @property
    def rate(self) -> int:
        """Hz of the audio in `answer`."""
        return self._model.info.rate

    @property
    def info(self) -> EngineInfo:
        """The speech model's info."""
        return self._model.info

    def recognizer_for(self, item: Item) -> SpeechModelRecognizer:
        """The recogniser of the turn that becomes `item`."""
        return SpeechModelRecognizer(self, item.id)

    def keep(self, hearing: SpeechModelUtterance) -> None:
        """Remember a turn until it is answered."""
        self._sounds[hearing.item_id] = hearing
        for id in list(self._sounds)[:-KEPT_SOUNDS]:
            del self._sounds[id]

    # --- The connection -----------------------------------------------------------------------------------------------

    async def connection(self, *, to_answer: bool = False) -> SpeechModelConnection:
        """The connection, set up as the conversation is; opens one if there is none.

        While an answer is made, what hears the person leaves the connection as it is.
        """
        context, config = self._context, _speech_setup(self._context.config)
        async with self._opening:
            connection = self._connection
            if connection and connection.link.alive:
                if self._answering.locked() and not to_answer:
                    return connection
                if self._is_outdated(connection, config):
                    await connection.link.aclose()
            if connection is None or not connection.link.alive:
                link = await self._model.open()
                context.spawn(self._read(link))
                connection = self._connection = SpeechModelConnection(link, context.now(), SpeechModelConfig())
            if connection.config != config:
                await connection.link.configure(config)
                connection.config = config
            return connection

    def _is_outdated(self, connection: SpeechModelConnection, config: SpeechModelConfig) -> bool:
        other_voice = connection.config.voice.name not in ("", config.voice.name)
        return other_voice or self._context.now() - connection.opened > RENEW_S

    async def _read(self, link: SpeechLink) -> None:
        try:
            await link.run()
        except Exception as error:  # noqa: BLE001 — the connection's outermost frame: the session opens another
            self._context.failure("speech_model", error)
        finally:
            await link.aclose()

    # --- Answers ------------------------------------------------------------------------------------------------------

    async def answer(
        self, ask: ResponseRequest, items: list[Item], made: Made, first: Callable[[], None]
    ) -> AsyncGenerator[AnswerPart, None]:
        """An answer in parts. `items` grows by those that become part of the conversation; `first` is told of its beginning.

        A connection that is lost before anything came of the answer is replaced once. Raises `EngineError`.
        """
        request = _request(ask, self._context.config)
        async with self._answering if request.in_conversation else nullcontext():
            for again in (True, False):
                connection, begun = await self.connection(to_answer=request.in_conversation), False
                try:
                    if request.in_conversation:
                        await self._bring_up_to_date(connection)
                    async with aclosing(self._parts(connection, request, items, made, first)) as parts:
                        async for part in parts:
                            if not begun:
                                begun = True
                                self._forget_sounds(connection)
                            yield part
                    return
                except EngineError:
                    if begun or connection.link.alive or not again:
                        raise

    def _forget_sounds(self, connection: SpeechModelConnection) -> None:
        """Drop the kept audio of turns that the model has: an answer to them has begun."""
        self._sounds = {id: sound for id, sound in self._sounds.items() if id not in connection.remote}

    async def _parts(
        self,
        connection: SpeechModelConnection,
        request: SpeechModelRequest,
        items: list[Item],
        made: Made,
        first: Callable[[], None],
    ) -> AsyncGenerator[AnswerPart, None]:
        limits = self._context.limits.speaking
        parts = SpeechParts(self.rate, made, spoken=request.spoken)
        answering = each_within(connection.link.respond(request), limits.speech_model_s, self.info.name)
        async with aclosing(answering) as answer:
            try:
                async for events in answer:
                    first()
                    for part in parts.take(events):
                        yield part
                    if made.audio_ms >= limits.longest_s * 1000:
                        yield Usage(truncated=True)
                        return
            finally:
                if request.in_conversation:
                    connection.remote.answered(parts.outputs, items)

    async def _bring_up_to_date(self, connection: SpeechModelConnection) -> None:
        transcript, link = self._context.transcript, connection.link
        items = text_apart(newest(transcript.said, self._context.limits.prompt.tokens))
        present = {item.id for item in text_apart(item for item in transcript if not item.aside)}
        for step in connection.remote.steps(items, present, self._sounds):
            match step:
                case AddItem():
                    await link.add(step.item.id, step.message, step.after)
                case SendTurn():
                    await self._sounds[step.item.id].commit(connection)
                case RemoveItem():
                    await link.remove(step.id)
                case TruncateItem():
                    await link.truncate(step.id, step.heard_ms)
                case _:
                    assert_never(step)


class SpeechModelRecognizer:
    """A `Recognizer` whose one utterance goes to the speech model."""

    def __init__(self, speech_model: SpeechModelClient, item_id: str) -> None:
        self.info = speech_model.info
        self.hearing = SpeechModelUtterance(speech_model, item_id)

    def open(self, _language: str = "") -> SpeechModelUtterance:
        return self.hearing

    def close(self) -> None:
        """Nothing to free."""


class SpeechModelUtterance:
    """One turn on its way to the model: sent while it goes on, kept until it is answered. See `RecognizerStream`.

    Turns share the model's one buffer: each has it to itself from its first sound until it is committed.
    """

    def __init__(self, speech_model: SpeechModelClient, item_id: str) -> None:
        self.item_id = item_id
        self._speech_model = speech_model
        self._pcm: list[Samples] = []
        self._sent = 0
        self._link: SpeechLink | None = None
        self._committed: tuple[SpeechLink, str] | None = None
        self._has_microphone = False

    async def accept(self, pcm: Samples) -> str:
        """Send it on. If that fails it is kept, and `settle` or the answer tries again: the turn may still be long."""
        self._pcm.append(pcm)
        self._speech_model.keep(self)
        with suppress(EngineError, TimeoutError):
            async with asyncio.timeout(SENT_S):
                await self._pass_on()
        return ""

    async def settle(self, budget_s: float) -> Recognition:
        """The model has the turn; its words are told later, by `words`."""
        await self.commit(await self._speech_model.connection())
        return Recognition("")

    async def commit(self, connection: SpeechModelConnection) -> None:
        """Make it an item of the model's, unless it is one already."""
        await self._take_microphone()
        try:
            if self._committed and self._committed[0] is connection.link:
                return
            await self._send(connection.link)
            if (missing := SHORTEST_TURN - sum(map(len, self._pcm))) > 0:
                await connection.link.send_audio(np.zeros(missing, np.int16))
            id = await connection.link.commit()
            self._committed, self._sent = (connection.link, id), 0
            connection.remote.turn_committed(self.item_id, id)
        finally:
            self.close()

    async def words(self, partial: Callable[[str], None], timeout_s: float = WORDS_S) -> str:
        """What the person said. Raises `EngineError` if the model does not tell."""
        if self._committed is None:
            return ""
        link, id = self._committed
        try:
            async with asyncio.timeout(timeout_s):
                with stray_cancellation_fails(self._speech_model.info.name):
                    return clean(await link.heard(id, lambda text: partial(clean(text))))
        except TimeoutError as error:
            raise EngineTimeout(
                "The speech model did not tell the words.", engine=self._speech_model.info.name
            ) from error

    def close(self) -> None:
        """Free the model's input buffer for the next turn."""
        if self._has_microphone:
            self._has_microphone = False
            self._speech_model.microphone.release()

    async def _take_microphone(self) -> None:
        if not self._has_microphone:
            await self._speech_model.microphone.acquire()
            self._has_microphone = True

    async def _pass_on(self) -> None:
        connection = await self._speech_model.connection()
        await self._take_microphone()
        await self._send(connection.link)

    async def _send(self, link: SpeechLink) -> None:
        if link is not self._link:
            if link.uncommitted:
                await link.clear()
            self._link, self._sent = link, 0
        while self._sent < len(self._pcm):
            await link.send_audio(self._pcm[self._sent])
            self._sent += 1


def policy_without_words(policy: Policy) -> Policy:
    """How turns are taken when their words come late, or never: by sound alone, and without speculation.

    An answer is not free where a provider counts it, and the words that would have to be the same are not known.
    """
    doubt_ms = max(policy.doubt_ms, DOUBT_MS)
    return replace(policy, needs_words=False, speculate=False, judge=_judge, doubt_ms=doubt_ms)


def _judge(text: str, sound: Sound, *, final: bool) -> Verdict | None:
    """What a voice over the reply is; without words, a long one is an interruption."""
    if words_of(text) or not final or sound.is_echo:
        return judge(text, sound, final=final)
    short = sound.voiced_ms <= (SHORT_SOFT_MS if sound.soft else SHORT_MS)
    return Verdict.NOISE if short else Verdict.INTERRUPTION


def _speech_setup(config: SessionConfig) -> SpeechModelConfig:
    limits = config.tool_choice, config.max_tokens
    instructions = "\n\n".join(filter(None, (config.instructions, config.after)))
    return SpeechModelConfig(instructions, config.voice, config.recognized, tuple(config.tools), *limits)


def _request(ask: ResponseRequest, config: SessionConfig) -> SpeechModelRequest:
    spoken, instructions = (ask.modality or config.modality) == "audio", ask.instructions
    if ask.say:
        script = (config.instructions if instructions is None else instructions) + SAY + ask.say
        return SpeechModelRequest(spoken, script, tool_choice="none", in_conversation=ask.in_conversation)
    given = None if ask.input is None else prompt("", ask.input)
    return SpeechModelRequest(
        spoken, instructions, ask.tools, ask.tool_choice, ask.max_tokens, given, in_conversation=ask.in_conversation
    )
