from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise

from pipeline.conversation.config import ResponseRequest
from pipeline.conversation.journal import Entry, ItemSnapshot, Journal, SummaryChanged
from pipeline.conversation.limits import PromptLimits, SessionLimits
from pipeline.conversation.notices import ContextUsed
from pipeline.conversation.summary import Summary, SummarySentence
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, TextDelta
from pipeline.errors import EngineError
from pipeline.prompt.short_term import HEADINGS
from pipeline.text.tokens import tokens_of
from tests.pipeline.conversing import Conversation, conversing

LIMITS = SessionLimits(prompt=PromptLimits(tokens=400, window=1_000, answer_tokens=100, summary_tokens=120))
FACT = "My name is Ada and my sister is called Mia."
NOTED = "what is called by its name"
CHATTER = "Well, the weather was rather grey again, and the train stood still for quite a while"


class Model:
    """Answers anything. What it says of a block is `notes`: text, an error, or None for never.

    By default it notes every line in which something is called by its name.
    """

    info = EngineInfo("model", "chat_model")

    def __init__(self, notes: str | Exception | None = NOTED) -> None:
        self.notes = notes
        self.answers: list[ChatRequest] = []
        self.blocks: list[ChatRequest] = []
        self.withdrawn = 0

    @property
    def prompt(self) -> str:
        """All that the last answer was shown."""
        return "\n".join(message.text for message in self.answers[-1].messages)

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        if "Below are numbered lines" not in request.messages[0].text:
            self.answers.append(request)
            yield TextDelta("I see.")
            return
        self.blocks.append(request)
        if isinstance(self.notes, Exception):
            raise self.notes
        try:
            if self.notes is None:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.withdrawn += 1
            raise
        lines = request.messages[1].text.splitlines()
        noted = [f"{line.partition(': ')[2]} [{line.partition('.')[0]}]" for line in lines if " called " in line]
        yield TextDelta("\n".join(noted) or "-" if self.notes == NOTED else self.notes or "")

    async def aclose(self) -> None:
        """Nothing to free."""


async def say(talk: Conversation, text: str) -> None:
    """One turn, by its number in the talk, answered and heard out."""
    talk.session.add_item(Item(f"mine_{sum(item.role == 'user' for item in talk.session.transcript)}", text=text))
    talk.session.request_reply(ResponseRequest())
    await talk.passes(1.0)


async def chat(talk: Conversation, turns: int) -> None:
    for number in range(turns):
        await say(talk, f"{CHATTER}, for the {number}th time.")


async def test_what_was_said_long_ago_is_known_as_the_model_put_it() -> None:
    model = Model("Ada's sister is Mia. [1]")
    async with conversing(chat_model=model, limits=LIMITS) as talk:
        await say(talk, FACT)
        await chat(talk, 12)

        assert talk.session.summary.sentences[0] == SummarySentence("Ada's sister is Mia.", ("mine_0",))
    assert f"{HEADINGS['en']}\n- Ada's sister is Mia." in model.prompt
    assert FACT not in model.prompt
    assert model.blocks[0].messages[1].text.startswith(f"1. Person: {FACT}\n2. AI: I see.\n3. Person: Well,")


async def test_without_a_model_that_can_the_persons_own_sentences_are_kept() -> None:
    for notes in ("I am fine, thank you.", EngineError("The line is dead.")):
        model = Model(notes)
        async with conversing(chat_model=model, limits=LIMITS) as talk:
            await say(talk, FACT)
            await chat(talk, 12)

            assert talk.session.summary.sentences[0] == SummarySentence(FACT, ("mine_0",))
        assert f"- {FACT}" in model.prompt


async def test_a_prompt_stays_within_its_budget_however_long_the_talk_is() -> None:
    model = Model()
    async with conversing(chat_model=model, limits=LIMITS) as talk:
        await chat(talk, 40)

    sizes = [sum(tokens_of(message.text) + 4 for message in request.messages) for request in model.answers]
    assert max(sizes) <= 400


async def test_what_precedes_the_newest_turns_changes_only_when_a_block_is_put_into_the_summary() -> None:
    model = Model()
    async with conversing(chat_model=model, limits=LIMITS) as talk:
        await chat(talk, 30)

    begins = [[message.text for message in request.messages] for request in model.answers]
    same = [later[: len(earlier)] == earlier for earlier, later in pairwise(begins)]
    assert same.count(False) == len(model.blocks) < 10


async def test_a_model_that_is_slow_never_holds_an_answer_up_and_is_left_off_in_the_end() -> None:
    model = Model(None)
    async with conversing(chat_model=model, limits=LIMITS) as talk:
        await say(talk, FACT)
        await chat(talk, 12)

        assert talk.session.summary.sentences[0] == SummarySentence(FACT, ("mine_0",))
        talk.session.close()
        await talk.settles()
    assert len(model.answers) == 13
    assert model.withdrawn == len(model.blocks) > 1


async def test_what_is_forgotten_is_in_no_summary_made_before_or_after() -> None:
    model = Model()
    entries: list[Entry] = []

    async def write(entry: Entry) -> None:
        entries.append(entry)

    async with conversing(chat_model=model, limits=LIMITS, journal=Journal(write)) as talk:
        await say(talk, FACT)
        await say(talk, "My dog is called Rex.")
        await chat(talk, 6)
        before = [sentence.text for sentence in talk.session.summary.sentences]
        talk.session.forget(["mine_0", "mine_8"])
        await say(talk, "My brother is called Max, by the way.")
        await chat(talk, 12)
        summary = talk.session.summary

    assert before == [FACT, "My dog is called Rex."]
    assert summary.sentences == (SummarySentence("My dog is called Rex.", ("mine_1",)),)
    assert all("Max" not in block.messages[1].text for block in model.blocks)
    assert [entry.summary for entry in entries if isinstance(entry, SummaryChanged)][-1] == summary


async def test_what_is_forgotten_while_the_model_reads_it_is_not_taken_from_its_answer() -> None:
    model = Model(None)
    async with conversing(chat_model=model, limits=LIMITS) as talk:
        await say(talk, FACT)
        while not model.blocks:
            await chat(talk, 1)
        talk.session.forget(["mine_0"])
        await talk.settles()
        withdrawn, model.notes = model.withdrawn, "-"
        await chat(talk, 12)

        assert (withdrawn, talk.session.summary.sentences) == (1, ())
    assert "Ada" not in model.prompt


async def test_an_item_that_the_client_deletes_leaves_the_summary_too() -> None:
    model = Model()
    async with conversing(chat_model=model, limits=LIMITS) as talk:
        await say(talk, FACT)
        await chat(talk, 12)
        before = talk.session.summary.sentences
        talk.session.remove_item("mine_0")

        assert (before[0].items, talk.session.summary.sentences) == (("mine_0",), before[1:])


async def test_a_conversation_goes_on_with_its_summary() -> None:
    summary = Summary((SummarySentence("Ada's sister is Mia.", ("a",)),), "b")
    items = [Item("a", text=FACT), Item("b", role="assistant", text="Lovely."), Item("c", text="It rains.")]
    model, kept = Model(), [ItemSnapshot.of(item) for item in items]
    async with conversing(chat_model=model, limits=LIMITS, transcript=kept, summary=summary) as talk:
        await say(talk, "So who am I?")

        used = talk.told(ContextUsed)[0].parts
    assert [message.text for message in model.answers[0].messages] == [
        f"{HEADINGS['en']}\n- Ada's sister is Mia.",
        "It rains.\nSo who am I?",
    ]
    assert [part.kind for part in used] == ["summary"]


async def test_the_window_of_the_model_bounds_what_it_is_shown() -> None:
    model = Model()
    model.context_window = 300  # type: ignore[attr-defined]
    async with conversing(chat_model=model, limits=LIMITS) as talk:
        await chat(talk, 20)

    assert max(sum(tokens_of(message.text) + 4 for message in request.messages) for request in model.answers) <= 225


async def test_instructions_of_ours_are_shortened_for_a_small_window() -> None:
    model = Model()
    model.context_window = 300  # type: ignore[attr-defined]
    async with conversing(chat_model=model, limits=LIMITS) as talk:
        config = replace(talk.session.config, instructions="long " * 900, shortened=lambda tokens: "word " * tokens)
        talk.session.configure(config)
        await chat(talk, 5)

    assert model.answers[-1].messages[0].text.startswith("word word")
    assert max(sum(tokens_of(message.text) + 4 for message in request.messages) for request in model.answers) <= 225


async def test_an_answer_with_an_input_of_its_own_is_not_shown_the_summary() -> None:
    model = Model()
    async with conversing(chat_model=model, limits=LIMITS) as talk:
        await say(talk, FACT)
        await chat(talk, 12)
        talk.session.configure(replace(talk.session.config, instructions="Be kind."))
        talk.session.request_reply(ResponseRequest(input=[Item("own", text="Just this.")], in_conversation=False))
        await talk.settles()

    assert [message.text for message in model.answers[-1].messages] == ["Be kind.", "Just this."]
