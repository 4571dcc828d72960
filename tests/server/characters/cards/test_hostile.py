"""Whatever somebody drops onto the page: a clear error with a code, or an import that harms nobody, within bounds."""

from __future__ import annotations

import json
import time
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InvalidRequest
from server.characters.cards.formats import LARGEST_CARD, ImportedCard, Original
from server.characters.cards.reading import read_card
from server.characters.cards.writing import exported
from server.characters.file_format import CharacterFile, is_visible
from server.characters.reading import FILE_LIMIT, parse_character
from server.characters.transfer.pictures import portrait
from tests.server.characters.cards import making
from tests.server.characters.cards.hostile import HOSTILE, Made

LONGEST_S = 2.0
"""Of a processor, for one import; the longest takes a quarter of it."""

MOST_BYTES = 3 * LARGEST_CARD
"""That Python holds meanwhile, beside the file."""

SECRETS = ("SECRET-NOTES", "SECRET-TAG", "SECRET-CREATOR", "SECRET-VERSION")


def outcome(content: bytes, name: str = "card") -> tuple[str, ImportedCard | None]:
    try:
        return "safe", read_card(content, name)
    except InvalidRequest as error:
        refused = error
    assert 0 < len(refused.message) < 500
    return refused.code, None


@pytest.mark.parametrize(("make", "expected"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_hostile_card_is_refused_with_a_code_or_imported_safely(make: Made, expected: str) -> None:
    content = make()
    began = time.process_time()
    code, card = outcome(content)

    assert code == expected
    assert time.process_time() - began < LONGEST_S
    if card is not None:
        check(card)


def check(card: ImportedCard) -> None:
    """It is a character, nothing of it that is not to be used is, and it can be kept, exported and imported again."""
    parse_character(card.file)
    kept = json.dumps(card.file)
    assert not [secret for secret in SECRETS if secret in kept]
    assert len(json.dumps(card.file, ensure_ascii=False).encode()) <= FILE_LIMIT
    look_at_picture(card)
    file = CharacterFile.model_validate(card.file)
    original = card.original and Original.of(json.loads(json.dumps(card.original.stored())))
    for format in ("v3", "toml"):
        again = read_card(exported(file, original, format).content, f"card.{format}")
        assert CharacterFile.model_validate(again.file).model_dump(exclude={"id"}) == file.model_dump(exclude={"id"})


def look_at_picture(card: ImportedCard) -> None:
    """It becomes a small one, or is refused."""
    if card.picture:
        with suppress(InvalidRequest):
            assert len(portrait(card.picture)) < 1_000_000


def test_there_are_a_hundred_hostile_cards_each_with_a_name_of_its_own() -> None:
    assert len(HOSTILE) >= 100
    assert len({case[0] for case in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize("case", ["a text that unpacks to 100 MB", "a card that unpacks to 130 MB", "20,000 entries"])
def test_what_is_unpacked_is_bounded(case: str) -> None:
    content = next(make() for name, make, _ in HOSTILE if name == case)
    tracemalloc.start()
    outcome(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < MOST_BYTES


SEEDS = [making.BOTH, making.png(making.V2, kind="zTXt"), making.CHARX, making.JPEG, making.text(making.V3)]


@settings(deadline=None, max_examples=150)
@given(
    seed=st.sampled_from(SEEDS),
    at=st.floats(0, 1),
    removed=st.integers(0, 60),
    added=st.binary(max_size=12),
    name=st.text(max_size=20),
)
def test_a_card_that_was_damaged_is_read_or_refused(
    seed: bytes, at: float, removed: int, added: bytes, name: str
) -> None:
    place = int(at * len(seed))
    _, card = outcome(seed[:place] + added + seed[place + removed :], name)
    if card:
        look_at_picture(card)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*making.V3["data"], "entries"]), inner)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("name", ["\u200b", "\u0300", "\u200b" * 90 + "Ines"])
def test_a_card_whose_name_cannot_be_seen_gets_one_that_can(name: str) -> None:
    card = read_card(making.text({**making.V3, "data": {**making.V3["data"], "name": name}}), "card.json")

    assert is_visible(card.file["en"]["name"])
    check(card)


@settings(deadline=None, max_examples=150)
@given(fields=st.dictionaries(st.sampled_from([*making.V3["data"], *making.BOOK, "kaikou", "file"]), VALUES))
def test_a_card_with_any_values_is_imported_and_exported_as_it_was(fields: dict[str, Any]) -> None:
    made = {**making.V3, "data": {**making.V3["data"], **fields}}
    card = read_card(making.text(made), "card.json")

    check(card)
    content = exported(CharacterFile.model_validate(card.file), card.original, "v3").content
    assert json.loads(content) == made
