"""Cards that are made for tests: of every kind that there is, each with fields that nobody knows."""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64encode
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from PIL import Image

Card = dict[str, Any]

V1: Card = {
    "name": "Wren",
    "description": "{{char}} mends clocks in a harbour town.\n\nShe counts {{random:gulls,boats}} when she thinks.",
    "personality": "dry, patient, a little deaf in one ear",
    "scenario": "{{user}} brings a clock that runs backwards.",
    "first_mes": '*She looks up.* "Is it late, or are you early, {{user}}?"',
    "mes_example": "<START>\n{{user}}: Can you mend it?\n{{char}}: Everything can be mended once.\nTwice is luck.\n"
    "<START>\n{{user}}: What do I owe you?\n{{char}}: An hour.",
    "create_date": "2026-01-02",
    "odd": [1, 2.5, None, True, {"nested": "ünïcode 🕰"}],
}

BOOK: Card = {
    "name": "Harbour",
    "scan_depth": 6,
    "token_budget": 300,
    "recursive_scanning": False,
    "extensions": {"odd": 1},
    "entries": [
        {
            "keys": ["gull", "/gulls?/i"],
            "content": "Gulls steal cogs.",
            "extensions": {"depth": 4},
            "enabled": True,
            "insertion_order": 10,
            "use_regex": False,
            "case_sensitive": False,
            "constant": False,
            "selective": True,
            "secondary_keys": ["cog"],
            "priority": 5,
            "position": "before_char",
            "comment": "thieves",
            "id": 17,
            "odd": "kept",
        },
        {"keys": [], "content": "", "extensions": {}, "enabled": False, "insertion_order": 0, "use_regex": False},
        {
            "keys": ["tide"],
            "content": "@@depth 2\nThe tide turns at six.",
            "extensions": {},
            "enabled": True,
            "insertion_order": 20,
            "use_regex": True,
            "constant": True,
        },
    ],
}

V2: Card = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        **{name: V1[name] for name in ("name", "description", "personality", "scenario", "first_mes", "mes_example")},
        "creator_notes": "SECRET-NOTES for those who import it",
        "system_prompt": "{{original}} Speak of time.",
        "post_history_instructions": "Keep it short.",
        "alternate_greetings": ["The shop is closed.", "Oh, you again!"],
        "character_book": BOOK,
        "tags": ["SECRET-TAG", "clocks"],
        "creator": "SECRET-CREATOR",
        "character_version": "SECRET-VERSION",
        "extensions": {"depth_prompt": {"depth": 4, "prompt": "ticking"}, "fav": False},
        "odd_in_data": 1,
    },
    "odd": "kept, too",
}

V3: Card = {
    "spec": "chara_card_v3",
    "spec_version": "3.0",
    "data": {
        **V2["data"],
        "nickname": "Wrennie",
        "creator_notes_multilingual": {"en": "SECRET-NOTES", "zh": "SECRET-NOTES"},
        "source": ["https://example.com/card"],
        "group_only_greetings": ["All of you!"],
        "creation_date": 1_700_000_000,
        "modification_date": 1_700_000_001,
        "assets": [{"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"}],
    },
}

PYGMALION: Card = {
    "char_name": "Wren",
    "char_persona": V1["description"],
    "char_greeting": V1["first_mes"],
    "example_dialogue": V1["mes_example"],
    "world_scenario": V1["scenario"],
    "metadata": {"tool": {"name": "odd"}},
}

BOOK_ALONE: Card = {"spec": "lorebook_v3", "data": BOOK, "odd": 1}

WORLD: Card = {
    "entries": {
        "0": {
            "uid": 0,
            "key": ["gull"],
            "keysecondary": ["cog"],
            "comment": "thieves",
            "content": "Gulls steal cogs.",
            "constant": False,
            "selective": True,
            "selectiveLogic": 0,
            "order": 90,
            "position": 0,
            "disable": False,
            "probability": 100,
            "depth": 4,
        },
        "5": {
            "uid": 5,
            "key": ["tide"],
            "keysecondary": [],
            "content": "The tide turns at six.",
            "constant": True,
            "selective": True,
            "order": 100,
            "position": 4,
            "depth": 2,
            "disable": True,
            "odd": {"x": 1},
        },
    },
    "odd": 2,
}


def text(card: Any) -> bytes:
    """A card as JSON."""
    return json.dumps(card, ensure_ascii=False).encode()


def image(kind: str = "PNG", size: tuple[int, int] = (40, 60), **how: Any) -> bytes:
    """A picture."""
    content = BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(content, kind, **how)
    return content.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(*chunks: bytes, picture: bytes | None = None) -> bytes:
    """A PNG file with these chunks before its end."""
    picture = picture or image()
    end = picture.rindex(b"IEND") - 4
    return picture[:end] + b"".join(chunks) + picture[end:]


def text_chunk(keyword: str, content: bytes, kind: str = "tEXt") -> bytes:
    """A chunk with text, packed if `kind` has it so; "iTXt, packed" is the packed one of that kind."""
    name = keyword.encode() + b"\0"
    match kind:
        case "zTXt":
            return chunk(b"zTXt", name + b"\0" + zlib.compress(content))
        case "iTXt":
            return chunk(b"iTXt", name + b"\0\0en\0\0" + content)
        case "iTXt, packed":
            return chunk(b"iTXt", name + b"\1\0\0\0" + zlib.compress(content))
    return chunk(b"tEXt", name + content)


def png(card: Card, keyword: str = "chara", kind: str = "tEXt", picture: bytes | None = None) -> bytes:
    """A card in a picture."""
    return png_of(text_chunk(keyword, b64encode(text(card)), kind), picture=picture)


def archive(files: dict[str, bytes], before: bytes = b"", packing: int = ZIP_DEFLATED) -> bytes:
    """An archive, behind other bytes."""
    content = BytesIO()
    with ZipFile(content, "w", packing) as written:
        for name, data in files.items():
            written.writestr(name, data)
    return before + content.getvalue()


WAV = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0data\4\0\0\0\0\0\0\0"

CHARX_CARD: Card = {
    **V3,
    "data": {
        **V3["data"],
        "assets": [
            {"type": "icon", "uri": "embeded://assets/icon/image/main.webp", "name": "main", "ext": "webp"},
            {"type": "x_voice", "uri": "embeded://assets/other/audio/0.wav", "name": "her voice", "ext": "wav"},
            {"type": "background", "uri": "https://example.com/harbour.png", "name": "main", "ext": "png"},
        ],
    },
}

CHARX_FILES = {
    "card.json": text(CHARX_CARD),
    "assets/icon/image/main.webp": image("WEBP"),
    "assets/other/audio/0.wav": WAV,
    "module.risum": b"\0odd",
}

CHARX = archive(CHARX_FILES)
JPEG = archive(CHARX_FILES, before=image("JPEG"), packing=ZIP_STORED)
BOTH = png_of(text_chunk("chara", b64encode(text(V2))), text_chunk("ccv3", b64encode(text(V3))))
