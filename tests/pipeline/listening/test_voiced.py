"""Where a voice is heard within a turn, alone and as a whole session keeps it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import WordTime
from pipeline.listening.voiced import VoicedStretches
from pipeline.turns.dialogue import Policy
from pipeline.turns.endpoint import Endpointing
from tests.pipeline.conversing import Words, conversing

WINDOW, WINDOW_MS = 512, 32
UNASKED = Policy(answer=False)


def stretches(pattern: str, *, in_turn: bool = True) -> VoicedStretches:
    """Windows of a voice ("v") and of silence (".")."""
    heard = VoicedStretches(before=16_000)
    for number, letter in enumerate(pattern):
        heard.push_window(number * WINDOW, (number + 1) * WINDOW, letter == "v", in_turn=in_turn)
    return heard


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", ()),
        ("....", ()),
        ("..vvvv..", ((64, 192),)),
        ("vvvv..vvvv", ((0, 320),)),
        ("vvvv....vvvv", ((0, 128), (256, 384))),
        ("vvvv.....v.....vvvv", ((0, 128), (480, 608))),
    ],
    ids=["nothing", "silence", "one", "a closure", "a pause", "a click in a pause"],
)
def test_stretches_are_cut_at_pauses_and_neither_at_closures_nor_at_clicks(
    pattern: str, expected: tuple[tuple[int, int], ...]
) -> None:
    assert stretches(pattern).take(0, len(pattern) * WINDOW) == expected


def test_stretches_are_told_from_the_beginning_of_the_turn_and_no_further_than_it() -> None:
    heard = stretches("vvvvvvvvvv")

    assert heard.take(2 * WINDOW, 8 * WINDOW) == ((0, 6 * WINDOW_MS),)
    assert heard.take(8 * WINDOW, 10 * WINDOW) == ((0, 2 * WINDOW_MS),)


@given(st.text("v.", max_size=200), st.integers(0, 120), st.integers(0, 120))
def test_stretches_are_in_order_within_the_turn_and_apart(pattern: str, began: int, length: int) -> None:
    found = stretches(pattern).take(began * WINDOW, (began + length) * WINDOW)
    edges = [edge for one in found for edge in one]

    assert edges == sorted(set(edges))
    assert all(0 <= edge <= length * WINDOW_MS for edge in edges)


def test_what_is_heard_between_turns_is_not_kept() -> None:
    heard = stretches("v." * 2_000 + "." * 60, in_turn=False)

    assert heard.take(0, 10_000 * WINDOW) == ()


def test_a_voice_that_grows_faint_is_still_one_and_one_that_begins_so_is_not() -> None:
    found = Endpointing(threshold=0.5)

    assert [found.voiced(0.4, going_on=going_on) for going_on in (True, False)] == [True, False]


async def test_a_turn_keeps_where_its_voice_was_heard_and_when_its_words_sound() -> None:
    words = (WordTime("One", 100, 400), WordTime("two", 1_500, 1_900))
    async with conversing(Words("One, two.", words=words), policy=UNASKED, wait_ms=1_000) as talk:
        await talk.is_quiet(0.96)
        await talk.speaks(0.96)
        await talk.is_quiet(0.64)
        await talk.speaks(0.96)
        await talk.is_quiet(2)

        (item,) = _spoken(talk.session.transcript)

    # The turn begins 300 ms before its voice; its recogniser hears it from the next window on.
    assert item.voiced == ((300, 1_260), (1_900, 2_860))
    assert item.words == [WordTime("One", 112, 412), WordTime("two", 1_512, 1_912)]


def _spoken(items: object) -> list[Item]:
    return [item for item in items if item.spoken]  # type: ignore[attr-defined]
