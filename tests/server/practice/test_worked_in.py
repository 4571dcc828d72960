"""A card that a talk asks for is reviewed as it was answered there, on both databases, with the time told."""

from __future__ import annotations

import pytest

from pipeline.conversation.known import Asked
from pipeline.conversation.transcript import Item
from pipeline.practice.practice import PracticeStep
from server.practice.cards.answers import NewCard
from server.practice.cards.due import worked_in
from server.practice.cards.store import CardStore
from server.practice.live.live import Rating
from server.practice.live.talk import Around
from server.practice.live.talks import PracticeTalks
from server.practice.store import PracticeStore
from server.storage.database import Database
from tests.server.practice.practising import a_practice

NOON = 1_800_000_000_000
MINUTE_MS = 60_000

GOED = NewCard(language="en", said="goed", better="went", sentence="Yesterday I goed to Paris.")


@pytest.mark.parametrize(
    ("answers", "minutes"),
    [
        (["Yesterday I went to Paris.", "I goed to Paris again."], 10),
        (["Yesterday I goed to Paris.", "I went to Paris again."], 1),
    ],
)
async def test_it_is_reviewed_once_as_soon_as_it_was_answered(
    database: Database, answers: list[str], minutes: int
) -> None:
    cards, kept, items = CardStore(database, lambda: NOON), PracticeStore(database, lambda: NOON), list[Item]()
    card, _ = await cards.make("ann", GOED)
    asks = PracticeStep("card-1", "", ["Yesterday I goed to Paris."], card.back, words=["went"], card=card.id)
    practice = a_practice(kept, steps=(asks, PracticeStep("more", "", ["Anything else?"])))
    await kept.create("ann", practice)

    async def count(person_id: str, card_id: str, rating: Rating) -> None:
        await worked_in(database, person_id, card_id, rating, NOON + 1)

    talks = PracticeTalks(kept, worked_in=count)
    async with talks.running():
        talk = talks.talk(Around("ann", "conv_1", lambda: items, lambda _event: None))
        await talk.take(practice.id)
        assert talk.live
        items.append(Item("item_0", role="assistant", text=talk.opening()))
        talk.live.heard()
        for number, answer in enumerate(answers):
            items.append(Item(f"person_{number}", text=answer))
            await talk.known(Asked(items, "", "en", 1_000))
            items.append(Item(f"answer_{number}", role="assistant", text="Anything else?"))
            talk.live.heard()

    reviewed = await cards.get("ann", card.id)
    assert (reviewed.version, reviewed.due_at) == (2, NOON + 1 + minutes * MINUTE_MS)
