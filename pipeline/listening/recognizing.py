"""What was said in a turn: the words of a recogniser, or of a speech model that hears the turn itself, on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.audio.samples import LINE_RATE
from pipeline.conversation.context import Context
from pipeline.conversation.notices import PartialText, Transcribed, TranscriptionFailed
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import Recognition, Role, WordTime
from pipeline.errors import KaikouError, UnknownLanguage
from pipeline.listening.overlapping_speech import OverlappingSpeech
from pipeline.listening.utterance import Utterance
from pipeline.speech_model.client import SpeechModelUtterance
from pipeline.turns.events import Event, PartialRecognized, UtteranceDrafted, UtteranceRecognized

DOUBTED_WORDS_S = 1.5
"""How long a voice over the reply waits for its words from a speech model, before it is judged by its sound alone."""


@dataclass(slots=True)
class Turn:
    """One turn of the person. `speech_end` and `turn_end` are clock readings: last voice, and certainty that it was.

    began: the position of its first sample. failure: why its words are not known. drafts: whether its words can be had in a
    pause. invented: samples of silence that its client did not send. lead_ms: from `began` to the first sound that the
    recogniser was given.
    """

    number: int
    item: Item
    utterance: Utterance
    by_client: bool
    speech_end: float
    turn_end: float | None = None
    recognized_at: float | None = None
    began: int = 0
    wordless: bool = False
    failure: KaikouError | None = None
    drafts: bool = True
    invented: int = 0
    lead_ms: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    @property
    def seconds(self) -> float:
        """Seconds of the client's audio in it, without invented silence."""
        return self.utterance.seconds - self.invented / LINE_RATE


class Recognizing:
    """Tells the client and `report` what turns consist of, as it becomes known."""

    def __init__(self, context: Context, overlapping: OverlappingSpeech, report: Callable[[Event], None]) -> None:
        self._context, self._overlapping, self._report = context, overlapping, report

    def partial(self, turn: Turn, text: str) -> None:
        """The words so far."""
        self._context.outbox.put(PartialText(turn.item.id, text))
        self._report(PartialRecognized(turn.number, text))

    def drafted(self, turn: Turn, text: str) -> None:
        """The words as they stand in a pause."""
        if drafted := turn.utterance.drafted:
            turn.item.emotion, turn.item.sounds = drafted.emotion, drafted.sounds
        self._report(UtteranceDrafted(turn.number, text))

    async def recognize(self, turn: Turn) -> None:
        """Recognise the turn and report `UtteranceRecognized`, also after a failure, of which the client is told."""
        context, text = self._context, ""
        try:
            recognition = await turn.utterance.run()
        except Exception as error:  # noqa: BLE001 — the turn's outermost frame: the conversation goes on without its words
            await turn.closed.wait()
            self._not_transcribed(turn, error, "recognizer")
        else:
            text = recognition.text
            self._transcribed(turn, recognition)
        turn.recognized_at = context.now()
        # For an unknown language the client gets an error; asking the person to repeat it would not help.
        failed = turn.failure is not None and not isinstance(turn.failure, UnknownLanguage)
        self._report(UtteranceRecognized(turn.number, text, failed=failed))

    def _transcribed(self, turn: Turn, recognition: Recognition) -> None:
        context, text = self._context, recognition.text
        if turn.item.aside or self._overlapping.doubted:
            # Judge the words first: those of an echo or of noise are not sent to the client.
            self._report(UtteranceDrafted(turn.number, text))
        item, seconds, language = turn.item, turn.seconds, recognition.language
        if turn.wordless:
            recognition = Recognition("", language)
        item.text, item.emotion, item.sounds = recognition.text, recognition.emotion, recognition.sounds
        item.words = [_later(word, turn.lead_ms) for word in recognition.words]
        item.transcribed = True
        context.outbox.put(Transcribed(item.id, item.text, language, seconds, item.emotion, item.sounds))

    def _not_transcribed(self, turn: Turn, error: Exception, role: Role) -> None:
        turn.item.transcribed = True
        turn.failure = self._context.failure(role, error)
        self._context.outbox.put(TranscriptionFailed(turn.item.id, turn.failure))

    # --- Turns that a speech model hears ------------------------------------------------------------------------------

    async def pass_on(self, turn: Turn, hearing: SpeechModelUtterance) -> None:
        """The turn may be answered as soon as the model has it. Its words come later; only a doubt waits for them."""
        context = self._context
        try:
            await turn.utterance.run()
        except Exception as error:  # noqa: BLE001 — the turn's outermost frame: the answer tries again and says why not
            await turn.closed.wait()
            self._not_transcribed(turn, error, "speech_model")
        else:
            written = context.spawn(self._write_down(turn, hearing))
            if self._overlapping.doubted:
                await asyncio.wait({written}, timeout=DOUBTED_WORDS_S)
        turn.recognized_at = context.now()
        self._report(UtteranceRecognized(turn.number, turn.item.text))

    async def _write_down(self, turn: Turn, hearing: SpeechModelUtterance) -> None:
        try:
            text = await hearing.words(lambda text: self._context.outbox.put(PartialText(turn.item.id, text)))
        except Exception as error:  # noqa: BLE001 — the words' outermost frame: the conversation goes on without them
            self._not_transcribed(turn, error, "speech_model")
        else:
            self._transcribed(turn, Recognition(text))


def _later(word: WordTime, by_ms: int) -> WordTime:
    return WordTime(word.text, word.start_ms + by_ms, word.end_ms + by_ms)
