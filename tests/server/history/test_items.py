"""Items as JSON and back: nothing is lost, and what an earlier version kept is still read."""

from __future__ import annotations

from pipeline.conversation.journal import ItemSnapshot
from pipeline.conversation.transcript import Item, Part
from pipeline.engines.protocols import WordTime
from server.history.keeping.items import item_json, item_of

SPOKEN = Item(
    "item_1",
    text="Hello, you.",
    spoken=True,
    parts=(Part("Hello, you.", spoken=True),),
    words=[WordTime("Hello", 310, 600), WordTime("you", 900, 1_200)],
    voiced=((300, 620), (890, 1_240)),
    sounds=("laughter",),
)


def test_an_item_is_as_it_was_after_it_was_kept() -> None:
    kept = item_json(ItemSnapshot.of(SPOKEN))

    assert (kept["words"], kept["voiced"]) == ([["Hello", 310, 600], ["you", 900, 1_200]], [[300, 620], [890, 1_240]])
    assert item_of(kept).restored() == SPOKEN


def test_an_item_of_an_earlier_version_has_no_voice() -> None:
    assert item_of({"id": "item_1", "role": "user", "text": "Hello."}).voiced == ()
