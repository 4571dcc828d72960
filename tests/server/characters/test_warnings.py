"""What is told of a character's file while it is made."""

from server.characters.reading import parse_character
from server.characters.warnings import warnings_of


def test_what_the_model_cannot_be_told_whole_is_named() -> None:
    file = {"name": "Bo", "who": "He bakes bread. " * 2_000, "greeting": "Hi?"}
    file |= {"exchanges": [{"heard": "Hi.", "says": "Bread?"}]}
    character = parse_character({"id": "bo", "languages": ["en"], "en": file})

    assert [finding.field for finding in warnings_of(character) if finding.code == "cut"] == ["en.who", "en.exchanges"]
