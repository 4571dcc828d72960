"""What stands on the two sides of a card."""

from __future__ import annotations

import pytest

from server.practice.cards.sides import LONGEST, Sides, sides_of


@pytest.mark.parametrize(
    ("turn", "said", "at", "sides"),
    [
        ("I goed home.", "goed", None, Sides("I [goed] home.", "I went home.")),
        ("Hi! I goed home. Then I ate.", "goed", None, Sides("I [goed] home.", "I went home.")),
        ("I goed. We goed.", "goed", 11, Sides("We [goed].", "We went.")),
        ("I goed. We goed.", "goed", 3, Sides("I [goed].", "I went.")),
        (
            "It costs 3.50, I goed there.",
            "goed",
            None,
            Sides("It costs 3.50, I [goed] there.", "It costs 3.50, I went there."),
        ),
        ("你好。我昨天goed公园。很好！", "goed", None, Sides("我昨天[goed]公园。", "我昨天went公园。")),
        ("I goed", "goed", None, Sides("I [goed]", "I went")),
        ("Nothing of it.", "goed", None, Sides("goed", "went")),
        ("", " goed ", None, Sides("goed", "went")),
        ("I goed. Home we goed.", "goed. Home", None, Sides("I [goed. Home] we goed.", "I went we goed.")),
    ],
)
def test_a_card_has_the_sentence_of_the_slip(turn: str, said: str, at: int | None, sides: Sides) -> None:
    assert sides_of(said, "went", turn, at) == sides


def test_of_an_endless_sentence_a_card_has_what_is_around_the_slip() -> None:
    sides = sides_of("goed", "went", f"{'so and ' * 500}I goed home{' and so' * 500}")

    assert len(sides.front) < LONGEST + 10
    assert sides.front.startswith("…")
    assert "I [goed] home" in sides.front


def test_the_same_correction_has_one_digest_and_another_language_another() -> None:
    one = Sides("I [goed] home.", "I went home.")

    assert one.digest("en") == Sides("i  [goed] Home.", "I went home. ").digest("en")
    assert one.digest("en") != one.digest("zh")
    assert one.digest("en") != Sides("I [goed] home.", "I walked home.").digest("en")
