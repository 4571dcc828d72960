"""A speech model's answer in the parts that a `Reply` sends: clauses with their audio, text, calls, usage. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import assert_never

from pipeline.conversation.answer_parts import AnswerPart, Made
from pipeline.engines.protocols import TextDelta, Usage
from pipeline.engines.speech_model import AudioDelta, FunctionCallDone, MessageDone, SpeechEvent, TranscriptDelta
from pipeline.speech_model.captioned import Captioned
from pipeline.speech_model.remote_conversation import OutputItem
from pipeline.text.clean import CleanStream


class SpeechParts:
    """One answer. `outputs` are the items that the model made for it, `made` counts what there is of it."""

    def __init__(self, rate: int, made: Made, *, spoken: bool) -> None:
        self._rate, self._spoken, self._made = rate, spoken, made
        self._outputs: dict[str, OutputItem] = {}
        self._message: Captioned | None = None
        self._speaks = ""
        self._cleaner = CleanStream()

    @property
    def outputs(self) -> Sequence[OutputItem]:
        """In the order in which they began."""
        return list(self._outputs.values())

    def take(self, events: Sequence[SpeechEvent]) -> Iterator[AnswerPart]:
        """What can be sent, now that these have come."""
        for event in events:
            match event:
                case TranscriptDelta():
                    yield from self._said(event)
                case AudioDelta():
                    output = self._output(event.item)
                    if self._spoken:
                        message = yield from self._speaking(event.item)
                        message.sounded(event.pcm)
                        output.audio_ms = message.audio_ms
                        self._made.audio_ms += len(event.pcm) * 1000 / self._rate
                case MessageDone():
                    if event.item == self._speaks:
                        yield from self._end_message()
                case FunctionCallDone():
                    yield from self._end_message()
                    call = event.call.clean()
                    self._output(event.item).call_id = call.id
                    yield call
                case Usage():
                    yield from self._end_message()
                    yield event
                case _:
                    assert_never(event)
        if self._message:
            yield from self._message.pieces()

    def _said(self, event: TranscriptDelta) -> Iterator[AnswerPart]:
        self._output(event.item)
        text = self._cleaner.push(event.text)
        self._made.characters += len(text)
        if self._spoken:
            message = yield from self._speaking(event.item)
            message.said(text)
        else:
            yield TextDelta(text)

    def _output(self, item: str) -> OutputItem:
        return self._outputs.setdefault(item, OutputItem(item))

    def _speaking(self, item: str) -> Generator[AnswerPart, None, Captioned]:
        """The message that `item` is; ends the one before it."""
        if item != self._speaks:
            yield from self._end_message()
        if self._message is None:
            self._message, self._speaks = Captioned(self._rate), item
        return self._message

    def _end_message(self) -> Iterator[AnswerPart]:
        if self._message:
            self._message.finished()
            yield from self._message.pieces(last=True)
        self._message, self._speaks, self._cleaner = None, "", CleanStream()
