"""A language model looks for mistakes beside the talk: what it answers is checked, and nobody waits for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pipeline.conversation.journal import ItemFinished, ItemSnapshot
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, TextDelta
from pipeline.errors import EngineError
from pipeline.practice.mistake import Mistake
from server.practice.live.correcting import checked, correction_by_model
from server.practice.live.live import Live
from server.practice.live.talk import Around, PracticeTalk
from tests.pipeline.practice.director.practices import scene
from tests.server.practice.practising import personas_in
from tests.server.talking import talking
from tests.serving import serving

LINE = "There was a heavy sun in the park."
TOLD = {"said": "heavy sun", "better": "strong sun", "reason": "太阳用 strong。", "kind": "R:ADJ", "hinders": False}
MISTAKE = Mistake("heavy sun", 12, "strong sun", "太阳用 strong。", "R:ADJ", False, "model")


class Model:
    """Answers each question with the next text; of one that never answers, `asked` is set."""

    info = EngineInfo("told", "chat_model")

    def __init__(self, *answers: str, fails: bool = False, hangs: bool = False) -> None:
        self.answers, self.fails, self.hangs = list(answers), fails, hangs
        self.asked: list[ChatRequest] = []

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.asked.append(request)
        if self.fails:
            raise EngineError("no")
        if self.hangs:
            await asyncio.Event().wait()
        yield TextDelta(self.answers.pop(0))

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps(TOLD),
        f"```json\n{json.dumps(TOLD)}\n```",
        f"Here it is: {json.dumps({**TOLD, 'level': 3})}",
    ],
)
def test_a_mistake_whose_words_stand_in_the_line_is_told(answer: str) -> None:
    assert checked(answer, LINE, "en") == MISTAKE


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "nothing wrong",
        '{"said": ""}',
        json.dumps({**TOLD, "said": "heavy suns"}),
        json.dumps({**TOLD, "better": " "}),
        json.dumps({**TOLD, "better": "Heavy sun"}),
        json.dumps({**TOLD, "hinders": "no"}),
        json.dumps({**TOLD, "said": 3}),
        json.dumps({**TOLD, "reason": "x" * 400}),
        json.dumps(TOLD)[:40],
        "[1, 2]",
        "}{",
    ],
)
def test_what_is_not_exact_or_cannot_be_read_is_no_correction(answer: str) -> None:
    assert checked(answer, LINE, "en") is None


def test_a_kind_that_nobody_knows_is_another_wording() -> None:
    told = checked(json.dumps({**TOLD, "kind": "<b>"}), LINE, "en")

    assert told is not None
    assert told.kind == "R:OTHER"


@pytest.mark.asyncio
async def test_who_wants_only_what_hinders_is_told_nothing_else() -> None:
    small, grave = json.dumps(TOLD), json.dumps({**TOLD, "hinders": True})

    assert await correction_by_model(Model(small), LINE, scene(correcting="all")) == MISTAKE
    assert await correction_by_model(Model(small), LINE, scene(correcting="hindering")) is None
    told = await correction_by_model(Model(grave), LINE, scene(correcting="hindering"))
    assert told is not None
    assert told.hinders


@pytest.mark.asyncio
async def test_a_line_of_hardly_a_word_is_not_worth_a_question() -> None:
    model = Model(json.dumps(TOLD))

    assert await correction_by_model(model, "Hm.", scene(correcting="all")) is None
    assert model.asked == []


class Changes:
    """Starts what a talk has done beside it, at once."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []

    async def begin(self, practice_id: str, person_id: str, conversation_id: str) -> Any:
        return scene(correcting="all"), {}

    def keep(self, talk: PracticeTalk) -> None:
        pass

    def finish(self, talk: PracticeTalk, live: Live) -> None:
        pass

    def own(self, work: Any) -> None:
        self.tasks.append(asyncio.create_task(work))


class Talked:
    """A talk with a model, whose journal a test writes."""

    def __init__(self, model: Model) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.items: list[Item] = []
        self.changes = Changes()
        self.talk = PracticeTalk(Around("ann", "conv_1", lambda: self.items, self.events.append, model), self.changes)

    async def say(self, text: str, role: Any = "user") -> None:
        item = Item(f"item_{len(self.items)}", role=role, text=text)
        self.items.append(item)
        await self.talk.write(ItemFinished(ItemSnapshot.of(item), None))

    async def done(self) -> list[str]:
        """What was corrected, once all questions are answered."""
        await asyncio.gather(*self.changes.tasks, return_exceptions=True)
        return [event["said"] for event in self.events if event["type"] == "kaikou.correction"]


@pytest.mark.asyncio
async def test_the_model_is_asked_once_the_answer_is_made_and_only_where_rules_find_nothing() -> None:
    model = Model(json.dumps(TOLD))
    talked = Talked(model)
    await talked.talk.take("prac_1")
    await talked.say(LINE)
    asked_before = len(model.asked)
    await talked.say("Okay.", "assistant")
    await talked.say("He have two coffee.")
    await talked.say("Okay.", "assistant")

    assert await talked.done() == ["He have", "heavy sun"]
    assert (asked_before, len(model.asked)) == (0, 1)
    talked.talk.leave()


@pytest.mark.asyncio
async def test_one_question_at_a_time_and_none_of_an_order_or_another_language() -> None:
    model = Model(hangs=True)
    talked = Talked(model)
    await talked.talk.take("prac_1")
    for text in ("Say that again, please.", "我想要一杯咖啡。", LINE, LINE):
        await talked.say(text)
        await talked.say("Okay.", "assistant")
    await asyncio.sleep(0)
    for task in talked.changes.tasks:
        task.cancel()

    assert await talked.done() == []
    assert len(model.asked) == 1
    talked.talk.leave()


@pytest.mark.asyncio
async def test_a_model_that_fails_is_asked_about_the_next_line_again() -> None:
    model = Model(json.dumps(TOLD), fails=True)
    talked = Talked(model)
    await talked.talk.take("prac_1")
    await talked.say(LINE)
    await talked.say("Okay.", "assistant")
    await talked.done()
    model.fails = False
    await talked.say(LINE)
    await talked.say("Okay.", "assistant")

    assert await talked.done() == ["heavy sun"]
    talked.talk.leave()


@pytest.mark.asyncio
async def test_a_language_model_is_told_the_practice_and_each_next_move(tmp_path: Path) -> None:
    model = Model("Hi. What can I get you?", "Sure. Shall I slice it?", json.dumps({"said": ""}))
    async with (
        serving(personas=str(personas_in(tmp_path)), instead={"chat_model": model}) as server,
        httpx2.AsyncClient(base_url=f"{server.http}/api/", timeout=30) as client,
    ):
        body = {"kind": "language", "language": "en", "own_language": "zh", "scene": {"scene": "bakery"}}
        practice = (await client.post("practices", json=body)).json()["data"]
        async with talking(server, practice["character_id"], extensions="kaikou") as talk:
            await talk.configure(output_modalities=["text"], kaikou={"practice": practice["id"]})
            await talk.write("Hello!")
            await talk.ask()
            await talk.write("I like a loaf.")
            await talk.ask()

    system, *_said, note, last = model.asked[1].messages
    assert "You are the baker; the person is a customer." in system.text
    assert (note.role, last.text) == ("system", "I like a loaf.")
    assert note.text.startswith("Next: acknowledge in at most four neutral words, then ask this")
    assert "“Shall I slice it?”" in note.text
