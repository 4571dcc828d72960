"""Speech inside items of the client's: heard as any other, and its words written into the item.

One item of a session is heard at a time, so that it takes one place at the recogniser. The words are told as those of a
turn are. What is answered outside of the conversation is heard too, without telling anybody.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.conversation.context import Context
from pipeline.conversation.notices import PartialText, Transcribed, TranscriptionFailed
from pipeline.conversation.transcript import Item, Part
from pipeline.engines.protocols import Recognition, Recognizer
from pipeline.engines.within import within
from pipeline.errors import EngineTimeout, InvalidRequest, KaikouError, LimitReached
from pipeline.listening.utterance import Utterance
from pipeline.speech_model.client import SpeechModelClient, SpeechModelUtterance

SHORTEST_MS = 100
"""As for audio that a client commits."""

KEPT_FAILURES = 8
"""Items of which it is remembered why their words are not known."""


class ItemAudio:
    """Hears for one session what its client sends inside items."""

    def __init__(self, context: Context, speech_model: SpeechModelClient | None = None) -> None:
        self._context, self._speech_model = context, speech_model
        self._hearing: list[tuple[Item, asyncio.Task[None]]] = []
        self._failed: deque[tuple[Item, KaikouError]] = deque(maxlen=KEPT_FAILURES)
        self._one_at_a_time = asyncio.Lock()

    @property
    def hears(self) -> bool:
        """Whether the words of any audio are not known yet."""
        return bool(self._hearing)

    def check(self, items: Iterable[Item], param: str) -> None:
        """Raises `InvalidRequest` or `LimitReached`, that names `param`, for audio that is too short or too long."""
        limits = self._context.limits
        waiting_s = sum(_seconds(item) for item, _task in self._hearing)
        for item in items:
            if any(len(sound) < samples_of(SHORTEST_MS) for _index, sound in _sounds(item)):
                message = f"The audio of an item is too short: there must be {SHORTEST_MS} ms of it at least."
                raise InvalidRequest(message, code="audio_too_short", param=param)
            if _seconds(item) > limits.recognition.longest_s:
                message = f"The audio of an item is too long: {limits.recognition.longest_s:g} s at most."
                raise InvalidRequest(message, code="audio_too_long", param=param)
            waiting_s += _seconds(item)
        if waiting_s > limits.manual_audio_s:
            message = f"At most {limits.manual_audio_s:g} s of audio in items may wait to be heard."
            raise LimitReached(message, code="too_much_audio")

    def hear(self, item: Item) -> asyncio.Task[None] | None:
        """Begin to hear what is in the item, if it has audio."""
        if not any(_sounds(item)):
            return None
        task = self._context.spawn(self._hear(item))
        self._hearing.append((item, task))
        task.add_done_callback(lambda _task: self._hearing.remove((item, task)))
        return task

    def give_up(self, item: Item) -> None:
        """Nobody needs the words of this item any more."""
        for other, task in self._hearing:
            if item is other:
                task.cancel()

    async def known(self, items: Sequence[Item]) -> None:
        """Wait until the words of these items are known, or why they are not. Raises `EngineTimeout`.

        What was not heard yet is not in the conversation: it is heard for this caller, and given up with it.
        """
        hearing = [item for item, _task in self._hearing]
        begun = [self.hear(item) for item in items if not any(item is other for other in hearing)]
        waiting = [task for other, task in self._hearing if any(item is other for item in items)]
        try:
            if waiting:
                async with self._in_time(sum(_seconds(item) for item, _task in self._hearing)):
                    await asyncio.wait(waiting)
        finally:
            for task in begun:
                if task:
                    task.cancel()

    def failure(self, items: Sequence[Item]) -> KaikouError | None:
        """Why the words of the person's last item are not known, if that is so."""
        last = next((item for item in reversed(items) if item.role == "user"), None)
        return next((error for item, error in self._failed if item is last), None)

    # --- One item -----------------------------------------------------------------------------------------------------

    async def _hear(self, item: Item) -> None:
        async with self._one_at_a_time:
            if self._speech_model and self._speech_model.wanted and self._is_told(item):
                await self._pass_on(self._speech_model, item)
                return
            try:
                async with self._in_time(_seconds(item)):
                    for index, sound in list(_sounds(item)):
                        await self._hear_part(item, index, sound)
            except EngineTimeout as error:
                for index, _sound in list(_sounds(item)):
                    self._not_transcribed(item, index, self._context.failure("recognizer", error))

    async def _hear_part(self, item: Item, index: int, sound: Samples) -> None:
        try:
            recognition = await self._recognize(self._context.engines.recognizer, item, index, [sound])
        except Exception as error:  # noqa: BLE001 — the part's outermost frame: the conversation goes on
            self._not_transcribed(item, index, self._context.failure("recognizer", error))
        else:
            self._transcribed(item, index, recognition, sound)

    @asynccontextmanager
    async def _in_time(self, seconds: float) -> AsyncIterator[None]:
        """Raises `EngineTimeout` if it takes longer to hear so much audio than to say it, with one start and one stall."""
        limits = self._context.limits.recognition
        try:
            async with within(limits.open_s + seconds + limits.stall_s):
                yield
        except TimeoutError as error:
            message = "The words of the audio were not known in time."
            raise EngineTimeout(message, engine=self._context.engines.recognizer.info.name) from error

    async def _recognize(self, recognizer: Recognizer, item: Item, index: int, sounds: list[Samples]) -> Recognition:
        utterance = Utterance(
            recognizer,
            self._context.workers,
            self._context.limits.recognition,
            on_partial=lambda text: self._partial(item, index, text),
            on_drafted=lambda _text: None,
            language=self._context.config.recognized,
        )
        for sound in sounds:
            utterance.accept_audio(sound)
        utterance.close()
        return await utterance.run()

    async def _pass_on(self, speech_model: SpeechModelClient, item: Item) -> None:
        """Give all the audio to the model as one turn; its words come later and become those of the first part."""
        recognizer, sounds = speech_model.recognizer_for(item), list(_sounds(item))
        first, pcm = sounds[0][0], [sound for _index, sound in sounds]
        _write(item, first, replace(item.parts[first], sound=None))
        for index, sound in sounds[1:]:
            self._transcribed(item, index, Recognition(""), sound)
        try:
            async with self._in_time(sum(map(len, pcm)) / LINE_RATE):
                await self._recognize(recognizer, item, first, pcm)
        except Exception as error:  # noqa: BLE001 — the item's outermost frame: the answer tries again and says why not
            self._not_transcribed(item, first, self._context.failure("speech_model", error))
        else:
            self._context.spawn(self._write_down(recognizer.hearing, item, first, np.concatenate(pcm)))

    async def _write_down(self, hearing: SpeechModelUtterance, item: Item, index: int, sound: Samples) -> None:
        try:
            text = await hearing.words(lambda text: self._partial(item, index, text))
        except Exception as error:  # noqa: BLE001 — the words' outermost frame: the conversation goes on without them
            self._not_transcribed(item, index, self._context.failure("speech_model", error))
        else:
            self._transcribed(item, index, Recognition(text), sound)

    # --- What is told -------------------------------------------------------------------------------------------------

    def _is_told(self, item: Item) -> bool:
        """Whether the client sees the item: it is, and still is, in the conversation."""
        return self._context.transcript.get(item.id) is item

    def _partial(self, item: Item, index: int, text: str) -> None:
        if self._is_told(item):
            self._context.outbox.put(PartialText(item.id, text, index))

    def _transcribed(self, item: Item, index: int, recognition: Recognition, sound: Samples) -> None:
        text, emotion, sounds = recognition.text, recognition.emotion, recognition.sounds
        _write(item, index, Part(text, spoken=True))
        item.emotion, item.sounds = emotion or item.emotion, sounds or item.sounds
        if self._is_told(item):
            seconds = len(sound) / LINE_RATE
            self._context.outbox.put(Transcribed(item.id, text, recognition.language, seconds, emotion, sounds, index))

    def _not_transcribed(self, item: Item, index: int, error: KaikouError) -> None:
        # What the client said of the audio, if anything, is all that is known of it.
        _write(item, index, replace(item.parts[index], sound=None, transcribed=True))
        if not item.parts[index].text and not any(item is failed for failed, _error in self._failed):
            self._failed.append((item, error))
        if self._is_told(item):
            self._context.outbox.put(TranscriptionFailed(item.id, error, index))


def _sounds(item: Item) -> Iterable[tuple[int, Samples]]:
    return ((index, part.sound) for index, part in enumerate(item.parts) if part.sound is not None)


def _seconds(item: Item) -> float:
    return sum(len(sound) for _index, sound in _sounds(item)) / LINE_RATE


def _write(item: Item, index: int, part: Part) -> None:
    item.parts = (*item.parts[:index], part, *item.parts[index + 1 :])
    item.text = "\n".join(part.text for part in item.parts if part.text)
