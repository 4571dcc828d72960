"""What of a card a character has: every field in its place, nothing that is not to be used."""

from __future__ import annotations

import json
from zipfile import ZIP_STORED

import pytest

from server.characters.cards.formats import CardWarning
from server.characters.cards.reading import read_card
from server.characters.cards.wording import language_in
from tests.server.characters.cards import making

EXCHANGES = [
    {"heard": ["Can you mend it?"], "says": ["Everything can be mended once. Twice is luck."]},
    {"heard": ["What do I owe you?"], "says": ["An hour."]},
]


def test_every_field_of_a_card_has_its_place_in_the_file() -> None:
    card = read_card(making.text(making.V3), "wren.json")

    assert card.file | {"book": {}} == {
        "id": "wren",
        "languages": ["en"],
        "book": {},
        "en": {
            "name": "Wren",
            "nickname": "Wrennie",
            "who": making.V1["description"],
            "manner": making.V1["personality"],
            "scenario": making.V1["scenario"],
            "greeting": making.V1["first_mes"],
            "greetings": ["The shop is closed.", "Oh, you again!"],
            "instructions": "{{original}} Speak of time.",
            "after": "Keep it short.",
            "exchanges": EXCHANGES,
        },
    }
    assert card.file["book"]["entries"][0] == {
        "content": "Gulls steal cogs.",
        "keys": ["gull", "/gulls?/i"],
        "secondary_keys": ["cog"],
        "selective": True,
        "insertion_order": 10,
        "priority": 5,
        "position": "before_char",
        "comment": "thieves",
        "id": "0",
    }
    assert (card.file["book"]["scan_depth"], card.file["book"]["token_budget"]) == (6, 300)


@pytest.mark.parametrize(
    "content",
    [making.text(making.V2), making.text(making.V3), making.BOTH, making.CHARX, making.JPEG],
    ids=["V2", "V3", "PNG", "CHARX", "JPEG"],
)
def test_notes_tags_creator_and_version_are_nowhere_in_the_file(content: bytes) -> None:
    assert "SECRET" not in json.dumps(read_card(content, "card").file)


@pytest.mark.parametrize(
    ("content", "picture", "voice"),
    [
        (making.png(making.V2), True, None),
        (making.CHARX, True, ("her voice", "audio/wav", making.WAV)),
        (making.JPEG, True, ("her voice", "audio/wav", making.WAV)),
        (making.archive({"card.json": making.text(making.V3)}), False, None),
        (making.archive({"card.json": making.text(making.V3)}, making.image()), True, None),
        (making.text(making.V3), False, None),
    ],
    ids=["PNG", "CHARX", "JPEG", "CHARX without files", "an archive behind a PNG", "JSON"],
)
def test_a_card_brings_its_picture_and_its_voice(
    content: bytes, picture: bool, voice: tuple[str, str, bytes] | None
) -> None:
    card = read_card(content, "card")

    assert bool(card.picture) is picture
    assert (card.voice and (card.voice.name, card.voice.type, card.voice.content)) == voice


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["{{char}} 修钟表，住在海边的镇上。", "<div>{{user}}，你来晚了。</div>"], "zh"),
        (["She mends clocks.", "“你好” is all she says in Chinese."], "en"),
        (["時計を直す人です。港町に住んでいます。", "いらっしゃいませ。"], "ja"),
        (["시계를 고치는 사람입니다."], "ko"),
        (["Она чинит часы."], "ru"),
        (["{{char}}: https://example.com/a/long/address <START> 她修钟表。"], "zh"),
        (["", "..."], "en"),
    ],
)
def test_the_language_of_a_card_is_that_of_its_words(texts: list[str], language: str) -> None:
    assert language_in(*texts) == language


def test_a_chinese_card_is_a_chinese_character() -> None:
    card = read_card(making.text({"name": "鹪鹩", "description": "修钟表的人。", "mes_example": "没有人说话。"}), "a")

    assert (card.file["languages"], card.file["zh"]["greeting"]) == (["zh"], "你好！")
    assert card.file["zh"]["manner"] == "{{char}}说话的样子：\n没有人说话。"
    assert [(one.field, one.code) for one in card.warnings] == [("first_mes", "missing")]


def test_what_is_longer_than_it_may_be_is_cut_and_told() -> None:
    card = read_card(making.text({"name": "n" * 200, "description": "d" * 60_000, "first_mes": "Hi."}), "a")

    assert {(one.field, one.code) for one in card.warnings} == {("name", "cut"), ("description", "cut")}
    assert (len(card.file["en"]["name"]), len(card.file["en"]["who"])) == (80, 50_000)


@pytest.mark.parametrize(("made", "name"), [(making.BOOK_ALONE, "Harbour"), (making.WORLD, "my harbour")])
def test_a_lorebook_alone_becomes_somebody_who_tells_of_it(made: making.Card, name: str) -> None:
    card = read_card(making.text(made), "my harbour.json")

    assert card.file["en"]["name"] == name
    assert "lorebook" in card.file["en"]["who"]
    assert len(card.file["book"]["entries"]) == 2
    assert [one.code for one in card.warnings] == ["book_alone"]


def test_a_world_keeps_where_its_entries_stand() -> None:
    first, last = read_card(making.text(making.WORLD), "w.json").file["book"]["entries"]

    assert (first["position"], first["secondary_keys"], first["selective"]) == ("before_char", ["cog"], True)
    assert (last["content"], last["enabled"], last["constant"]) == ("@@depth 2\nThe tide turns at six.", False, True)


def test_files_on_other_servers_are_told_and_not_fetched() -> None:
    warnings = read_card(making.CHARX, "card.charx").warnings

    assert (
        CardWarning("group_only_greetings", "not_used", "Greetings for talks of several characters are kept, not used.")
        in warnings
    )
    assert not [one for one in warnings if one.code == "elsewhere"], "a background is not asked for at all"
    icon = [{"type": "icon", "uri": "https://example.com/a.png", "name": "main", "ext": "png"}]
    elsewhere = {**making.V3, "data": {**making.V3["data"], "assets": icon}}
    assert "elsewhere" in [one.code for one in read_card(making.text(elsewhere), "card").warnings]


def test_a_broken_picture_in_an_archive_is_told_and_the_rest_is_imported() -> None:
    content = making.archive(making.CHARX_FILES, packing=ZIP_STORED)
    picture = making.CHARX_FILES["assets/icon/image/main.webp"]
    card = read_card(content.replace(picture, bytes(len(picture))), "wren.charx")

    assert (card.file["en"]["name"], card.picture, card.voice is not None) == ("Wren", None, True)
    assert ("assets", "not_used") in [(one.field, one.code) for one in card.warnings]


def test_a_book_is_taken_from_where_cards_have_it_and_from_nowhere_else() -> None:
    ours = {"file": {"languages": ["en"], "book": {"entries": [{"id": "last", "content": "Gulls.", "keys": ["gull"]}]}}}
    card = {"spec": "chara_card_v2", "data": {"name": "Wren", "description": "Mends.", "extensions": {"kaikou": ours}}}
    assert "book" not in read_card(making.text(card), "wren.json").file
