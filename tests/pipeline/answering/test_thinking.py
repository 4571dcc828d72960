"""A model that thinks before it answers: what the client is told, what is said meanwhile, what is taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.answering.fillers import AFTER_S, AGAIN_S, GENERAL, Fillers, lines_of
from pipeline.answering.reply import Reply, ReplySink
from pipeline.answering.speaking import SynthesisOptions
from pipeline.conversation.answer_parts import Modality
from pipeline.conversation.limits import SpeakingLimits
from pipeline.conversation.notices import (
    Notice,
    ReplyAudio,
    ReplyItemEnded,
    ReplyRecord,
    ReplyThinking,
    TurnTiming,
)
from pipeline.conversation.playback import Playback
from pipeline.engines.protocols import (
    ChatEvent,
    ChatRequest,
    EngineInfo,
    Message,
    Retracted,
    SpeechChunk,
    SynthesisRequest,
    TextDelta,
    Thinking,
    ToolCall,
    Usage,
    VoiceChoice,
)
from pipeline.engines.workers import Workers
from pipeline.errors import EngineError
from server.characters.reading import load_characters

WIZARD = load_characters(Path(__file__).parents[3] / "personas")["wizard"]
REQUEST = ChatRequest([Message("user", "Hello")], max_tokens=20)


class Model:
    """Gives the events of each answer in turn; a function among them is called when its turn comes."""

    info = EngineInfo("thinker", "chat_model")

    def __init__(self, *answers: Sequence[ChatEvent | Callable[[], None]]) -> None:
        self._answers = list(answers)
        self.asked: list[ChatRequest] = []

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.asked.append(request)
        for event in self._answers.pop(0):
            if isinstance(event, TextDelta | ToolCall | Usage | Thinking | Retracted):
                yield event
            else:
                event()

    async def aclose(self) -> None:
        """Nothing to free."""


class Voice:
    """A tenth of a second for each clause."""

    info = EngineInfo("voice", "synthesizer", rate=16_000)

    def __init__(self) -> None:
        self.said: list[str] = []

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        self.said.append(request.text)
        yield SpeechChunk(np.ones(1_600, np.int16))

    def close(self) -> None:
        """Nothing to free."""


@dataclass
class Desk:
    """A reply with a clock that is set by hand."""

    now: float = 0.0
    told: list[Notice] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    voice: Voice = field(default_factory=Voice)
    reply: Reply = field(init=False)

    def begin(self, modality: Modality = "audio", released: bool = True) -> Desk:
        async def no_wait() -> None:
            """There is always room."""

        sink = ReplySink(
            self.told.append,
            no_wait,
            lambda _reply: 0.0,
            lambda _item: None,
            lambda kind: f"{kind}_{len(self.told)}",
            lambda: self.now,
            forget=lambda item: self.forgotten.append(item.text),
        )
        record = ReplyRecord("resp_1", modality, VoiceChoice())
        fillers = Fillers(["Hm.", "Well."])
        self.reply = Reply(record, SynthesisOptions(modality), TurnTiming("resp_1", "", 0.0), sink, Playback(), fillers)
        if released:
            self.reply.release()
        return self

    def wait(self, seconds: float) -> Callable[[], None]:
        def passed() -> None:
            self.now += seconds

        return passed

    async def run(self, model: Model, request: ChatRequest = REQUEST) -> None:
        workers = Workers(1)
        try:
            await self.reply.run(model, request, self.voice, workers, SpeakingLimits(lead_s=1_000.0))
        finally:
            workers.close()

    @property
    def thoughts(self) -> list[str]:
        return [notice.state for notice in self.told if isinstance(notice, ReplyThinking)]

    @property
    def texts(self) -> list[str]:
        return [notice.text for notice in self.told if isinstance(notice, ReplyItemEnded)]


async def test_the_client_learns_that_the_model_thinks_and_when_that_is_over() -> None:
    desk = Desk().begin()

    await desk.run(Model([Thinking(loading=True), Thinking(), Thinking(), TextDelta("Hello."), Usage()]))

    assert (desk.thoughts, desk.texts, desk.voice.said) == (["loading", "thinking", "over"], ["Hello."], ["Hello."])


async def test_after_a_while_the_character_says_something_that_is_heard_and_not_written_down() -> None:
    desk = Desk().begin()
    thinking = [Thinking(), desk.wait(AFTER_S), Thinking(), desk.wait(1.0), Thinking(), desk.wait(AGAIN_S), Thinking()]

    await desk.run(Model([*thinking, TextDelta("Hello."), Usage()]))

    assert desk.voice.said == ["Hm.", "Well.", "Hello."]
    assert desk.texts == ["Hello."]
    assert [word.text for word in desk.reply.words] == ["Hm.", "Well.", "Hello."]
    assert sum(len(notice.pcm) for notice in desk.told if isinstance(notice, ReplyAudio)) == 3 * 1_600


async def test_what_is_said_meanwhile_is_not_the_answers_first_audio() -> None:
    desk = Desk().begin()
    events = [Thinking(), desk.wait(AFTER_S), Thinking(), desk.wait(3.0), Thinking(), TextDelta("Hello."), Usage()]

    await desk.run(Model(events))

    first_token, first_audio = desk.reply.timing.first_token, desk.reply.timing.first_audio
    assert first_token is not None
    assert first_audio is not None
    assert first_audio >= first_token >= 4_500


async def test_nothing_is_said_of_a_thought_while_the_person_may_go_on_speaking() -> None:
    desk = Desk().begin(released=False)
    events = [Thinking(), desk.wait(10.0), Thinking(), desk.reply.release, Thinking(), TextDelta("Hello."), Usage()]

    await desk.run(Model(events))

    assert (desk.thoughts, desk.voice.said) == (["thinking", "over"], ["Hello."])


async def test_a_written_answer_has_no_filler() -> None:
    desk = Desk().begin("text")

    await desk.run(Model([Thinking(), desk.wait(60.0), Thinking(), TextDelta("Hello."), Usage()]))

    assert (desk.thoughts, desk.texts, desk.voice.said) == (["thinking", "over"], ["Hello."], [])


async def test_what_turned_out_to_be_a_thought_is_taken_out_of_the_conversation() -> None:
    desk = Desk().begin("text")

    await desk.run(Model([TextDelta("My plan."), Retracted(), TextDelta("Hello."), Usage()]))

    assert desk.forgotten in ([], ["My plan."])
    assert [item.text for item in desk.reply.record.items] == ["Hello."]


@pytest.mark.parametrize(
    "wordless",
    [
        [Usage()],
        [TextDelta("😀"), Usage()],
        [TextDelta(" \n"), Usage()],
        [TextDelta("*smi"), TextDelta("les*"), Usage()],
        [TextDelta("[hap"), TextDelta("py] ..."), Usage()],
        [Thinking(), Usage()],
        [TextDelta("My plan."), Retracted(), Usage()],
    ],
)
async def test_an_answer_without_words_is_asked_for_once_more(wordless: list[ChatEvent]) -> None:
    desk, model = Desk().begin(), Model(wordless, [TextDelta("Hello."), Usage()])

    await desk.run(model)

    assert (len(model.asked), desk.texts[-1:], desk.reply.record.status) == (2, ["Hello."], "completed")


async def test_a_limit_that_the_thought_used_up_is_left_out_the_second_time() -> None:
    desk, model = Desk().begin(), Model([Thinking(), Usage(truncated=True)], [TextDelta("Hello."), Usage()])

    await desk.run(model)

    assert [request.max_tokens for request in model.asked] == [20, None]


@pytest.mark.parametrize(
    ("usage", "code"),
    [
        (Usage(), "answer_without_words"),
        (Usage(truncated=True), "answer_without_words"),
        (Usage(filtered=True), "content_filter"),
    ],
)
async def test_two_answers_without_words_are_a_failure(usage: Usage, code: str) -> None:
    desk = Desk().begin()

    with pytest.raises(EngineError) as raised:
        await desk.run(Model([usage], [usage]))

    assert raised.value.code == code


async def test_an_emoji_is_an_answer_where_it_is_read_and_a_call_always_is() -> None:
    written, called = Desk().begin("text"), Desk().begin()
    models = Model([TextDelta("😀"), Usage()]), Model([ToolCall("c1", "weather", "{}"), Usage()])

    await written.run(models[0])
    await called.run(models[1])

    assert (written.texts, called.texts) == (["😀"], ["{}"])


@pytest.mark.parametrize(("language", "general"), [("en", "en"), ("zh-CN", "zh"), ("xx", "en"), ("", "en")])
def test_fillers_are_in_the_language_of_the_conversation(language: str, general: str) -> None:
    silent = replace(WIZARD, phrases={"en": {}, "zh": {}})

    assert [lines_of(character, language) for character in (None, silent)] == [GENERAL[general]] * 2


def test_every_character_of_ours_has_fillers_of_its_own() -> None:
    characters = load_characters(Path(__file__).parents[3] / "personas").values()

    assert [c.id for c in characters for tag in c.languages if lines_of(c, tag) is GENERAL.get(tag)] == []


def test_a_filler_is_due_after_a_while_and_again_much_later() -> None:
    fillers = Fillers(["Hm.", "Well."], first=1)
    before = fillers.due(100.0)
    fillers.begin(100.0)
    times = [100.0, 100.0 + AFTER_S, 102.0, 101.6 + AGAIN_S]

    assert (before, [fillers.due(now) for now in times]) == ("", ["", "Well.", "", "Hm."])


CHINESE, ENGLISH = "你好，很高兴见到你。", "Hello there."


@pytest.mark.parametrize(
    ("messages", "answers"),
    [
        ([Message("user", "Hello")], [ENGLISH]),
        ([Message("system", "Answer in Chinese."), Message("user", "Hello")], [CHINESE]),
        ([Message("user", "Hello"), Message("assistant", CHINESE), Message("user", "Well")], [CHINESE]),
        ([Message("assistant", CHINESE), Message("user", "Hello")], [ENGLISH]),
        ([Message("user", "你好"), Message("assistant", CHINESE), Message("user", "Well")], [ENGLISH]),
    ],
)
async def test_an_answer_in_another_language_is_asked_for_once_more(
    messages: list[Message], answers: list[str]
) -> None:
    desk = Desk().begin()
    model = Model([TextDelta(CHINESE), Usage()], [TextDelta(ENGLISH), Usage()])

    await desk.run(model, ChatRequest(messages, character=WIZARD))

    assert desk.texts == answers
    assert len(model.asked) == 1 + (answers == [ENGLISH])


@pytest.mark.parametrize("first", [[TextDelta(CHINESE), Usage()], [Usage()]], ids=["in another", "without words"])
async def test_the_second_answer_is_taken_in_whatever_language(first: list[ChatEvent]) -> None:
    desk = Desk().begin()

    await desk.run(
        Model(first, [TextDelta(CHINESE), Usage()]),
        ChatRequest([Message("user", "Hello")], character=WIZARD),
    )

    assert desk.texts == [CHINESE]


async def test_a_character_without_the_persons_language_answers_in_its_own() -> None:
    desk = Desk().begin()
    request = ChatRequest([Message("user", "Hello")], character=replace(WIZARD, languages=("zh",)))

    await desk.run(Model([TextDelta(CHINESE), Usage()]), request)

    assert desk.texts == [CHINESE]
