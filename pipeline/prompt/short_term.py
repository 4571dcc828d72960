"""What the model sees of a conversation: its newest turns word for word, and a summary of all before them.

Theory of operation. Turns are shown as they are until they fill their budget. The summary moves on in blocks, so that
what precedes the newest turns is the same for many answers in a row, and a server that keeps what it read reads only
what is new:

    0 ─────────── KEEP ───────────── BEGIN ──────────── 1      tokens of the turns that are shown, of their budget
                   ◀── the oldest go into the summary ──┘      in the background, by the model, from BEGIN on;
                   ◀───────────────────────────────────────┘   at once, without it, where they would not fit any more

The model is asked between turns alone: what was asked of it is withdrawn as soon as an answer is wanted, and begun again
after it. So a slow model never holds an answer up; one that is too slow, or fails, or tells nothing that can be
believed, leaves the block to `extract`, which takes the person's own sentences. Whatever changes the summary meanwhile
withdraws it, too: what comes of an older one is never taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from pipeline.characters.character import text_in
from pipeline.conversation.context import Context
from pipeline.conversation.journal import SummaryChanged
from pipeline.conversation.summary import Summary, SummarySentence
from pipeline.conversation.transcript import Item
from pipeline.engines.whole_answer import whole_answer
from pipeline.engines.workers import stray_cancellation_fails
from pipeline.prompt.budget import Budget, newest, tokens_of_item
from pipeline.prompt.condense import LONGEST_ANSWER, Line, condense_request, condensed
from pipeline.prompt.extract import extracted, sentences_of, size_of
from pipeline.text.tokens import fitted

KEEP, BEGIN = 0.4, 0.75
"""See above."""
SHARE = 3
"""The sentences of one block may fill this part of the summary; a full one is shortened by as much."""
MODEL_S = 60.0
"""How long the model may take for a block."""
MOST_TRIES = 6
"""How often it is asked for one; each answer that was wanted meanwhile counts."""
EXTRACTED = 400
"""Items of a block that are looked through without the model: more than ever fit, unless an old talk goes on."""

HEADINGS = {
    "en": "What was said earlier in this conversation, in short (the person's words, or notes of them), oldest first:",
    "zh": "这场对话早些时候说过的（对方的原话或笔记，从早到晚）：",
}


class ShortTermMemory:
    """One conversation's. `shown` tells what an answer sees; `answered` and `withdraw` frame the time between turns."""

    def __init__(self, context: Context, summary: Summary | None = None) -> None:
        """summary: of a conversation that goes on, whose items are in the transcript."""
        self._context = context
        self.summary = summary or Summary()
        ids = [item.id for item in context.transcript]
        through = self.summary.through
        self._covered = set(ids[: ids.index(through) + 1]) if through in ids else set[str]()
        self._job: asyncio.Task[None] | None = None
        self._tries = 0

    def shown(self, budget: Budget, draft: Item | None = None) -> list[Item]:
        """The items that an answer sees word for word, all of which fit; where the summary is behind, it moves on.

        draft: what the person seems to say, which is no item yet.
        """
        items = self._uncovered()
        if _tokens(items) > budget.turns and (block := _block(items, budget)):
            self.withdraw()
            self._move_on(block, self._longer_by(_extracted_of(block, budget), budget))
            items = self._uncovered()
        return newest([*items, draft] if draft else items, budget.turns)

    def text(self, language: str) -> str:
        """The summary as the model reads it, under a heading in the language; empty if there is none."""
        if not self.summary.sentences:
            return ""
        heading = HEADINGS["zh" if language.startswith("zh") else "en"]
        return "\n".join([heading, *(f"- {sentence.text}" for sentence in self.summary.sentences)])

    def forget(self, items: Collection[str]) -> None:
        """Nothing that comes from the items with these ids is in the summary any more, and nothing will be."""
        self.withdraw()
        self._change(self.summary.without(items))

    def answered(self, budget: Budget) -> None:
        """An answer is over: the model has time for the summary."""
        items = self._uncovered()
        if self._job or self._tries >= MOST_TRIES or _tokens(items) <= BEGIN * budget.turns:
            return
        if block := _block(items, budget):
            self._tries += 1
            self._job = self._context.spawn(self._by_model(block, budget))

    def withdraw(self) -> None:
        """An answer is wanted: the model has no time any more."""
        if self._job:
            self._job.cancel()
            self._job = None

    # --- Moving on ----------------------------------------------------------------------------------------------------

    def _uncovered(self) -> list[Item]:
        return [item for item in self._context.transcript.said if item.id not in self._covered]

    def _move_on(self, block: Sequence[Item], sentences: Collection[SummarySentence]) -> None:
        self._covered.update(item.id for item in block)
        self._tries = 0
        self._change(self.summary.going_on(sentences, block[-1].id))

    def _change(self, summary: Summary) -> None:
        if summary != self.summary:
            self.summary = summary
            self._context.journal.put(SummaryChanged(summary))

    def _longer_by(self, sentences: Sequence[SummarySentence], budget: Budget) -> list[SummarySentence]:
        """All sentences, the new ones last; of too many those that are worth most."""
        whole = [*self.summary.sentences, *sentences]
        return whole if _size(whole) <= budget.summary else extracted(whole, _shortened(budget), least=0)

    # --- By the model -------------------------------------------------------------------------------------------------

    async def _by_model(self, block: Sequence[Item], budget: Budget) -> None:
        try:
            with stray_cancellation_fails():
                async with asyncio.timeout(MODEL_S):
                    sentences = await self._summary_by_model(block, budget)
        except Exception:  # noqa: BLE001 — the task's outermost frame: the summary goes on without the model
            sentences = self._longer_by(_extracted_of(block, budget), budget)
        self._job = None
        self._move_on(block, sentences)

    async def _summary_by_model(self, block: Sequence[Item], budget: Budget) -> list[SummarySentence]:
        """The summary with this block in it; where it gets too long, all of it is condensed once more."""
        name = self._name
        items = self._remembered(block)
        texts = fitted({item.id: item.text for item in items}, budget.turns)
        lines = [Line(texts[item.id], (item.id,), _who(item, name)) for item in items]
        new = await self._condensed(lines, budget.summary // SHARE)
        if new is None:
            new = _extracted_of(items, budget)
        whole = [*self.summary.sentences, *new]
        if _size(whole) > budget.summary:
            notes = [Line(sentence.text, sentence.items) for sentence in whole]
            whole = await self._condensed(notes, _shortened(budget)) or whole
        return whole if _size(whole) <= budget.summary else extracted(whole, _shortened(budget), least=0)

    async def _condensed(self, lines: Sequence[Line], tokens: int) -> list[SummarySentence] | None:
        if not lines:
            return []
        config = self._context.config
        request = condense_request(lines, self._name, config.language, tokens)
        answer = await whole_answer(self._context.engines.chat_model, request, LONGEST_ANSWER)
        return condensed(answer, lines)

    @property
    def _name(self) -> str:
        config = self._context.config
        return text_in(config.character.name, config.language) if config.character else "AI"

    def _remembered(self, items: Sequence[Item]) -> list[Item]:
        return [item for item in items if item.type == "message" and item.id not in self.summary.forgotten]


def _block(items: Sequence[Item], budget: Budget) -> Sequence[Item]:
    """The oldest items, without which the rest fills `KEEP` of its budget; they end before words of the person.

    Nothing after an item that is not complete yet is among them.
    """
    left, end = _tokens(items), 0
    for place, item in enumerate(items):
        if item.role == "user" and item.type == "message":
            end = place
            if left <= KEEP * budget.turns:
                break
        if item.status == "in_progress" or not item.transcribed:
            break
        left -= tokens_of_item(item)
    return items[:end]


def _extracted_of(block: Sequence[Item], budget: Budget) -> list[SummarySentence]:
    said = [item for item in block[-EXTRACTED:] if item.role == "user" and item.type == "message"]
    sentences = [sentence for item in said for sentence in sentences_of(item.text, item.id)]
    return extracted(sentences, budget.summary // SHARE)


def _who(item: Item, name: str) -> str:
    """Who said it, for the model that condenses it; empty for the person."""
    return {"assistant": name, "system": "System"}.get(item.role, "")


def _shortened(budget: Budget) -> int:
    return budget.summary - budget.summary // SHARE


def _size(sentences: Sequence[SummarySentence]) -> int:
    return sum(map(size_of, sentences))


def _tokens(items: Sequence[Item]) -> int:
    return sum(map(tokens_of_item, items))
