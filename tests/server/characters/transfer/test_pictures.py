"""Pictures of characters: small, square, nothing but pixels, whatever was sent."""

from __future__ import annotations

import struct
import time
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from pipeline.errors import InvalidRequest
from server.characters.transfer.pictures import MOST_PIXELS, SIDE, Crop, converted, portrait
from tests.server.characters.cards.making import chunk, image, png_of, text_chunk

SECRET = b"Taken-at-my-house"


def quarters(kind: str = "PNG", size: tuple[int, int] = (400, 800), **how: object) -> bytes:
    """A picture that is red above on the left, green on the right, blue and white below."""
    drawn = Image.new("RGB", size, "white")
    draw, (width, height) = ImageDraw.Draw(drawn), size
    for colour, left, top in (("#ff0000", 0, 0), ("#00ff00", 1, 0), ("#0000ff", 0, 1)):
        x, y = left * width // 2, top * height // 2
        draw.rectangle((x, y, x + width // 2 - 1, y + height // 2 - 1), fill=colour)
    content = BytesIO()
    drawn.save(content, kind, **how)  # type: ignore[arg-type]
    return content.getvalue()


def colours(content: bytes) -> list[str]:
    """What is seen above on the left and on the right, and below."""
    with Image.open(BytesIO(content)) as made:
        assert (made.format, made.size) == ("WEBP", (SIDE, SIDE))
        near, far = SIDE // 5, SIDE - SIDE // 5
        pixels = [made.convert("RGB").getpixel(place) for place in ((near, near), (far, near), (near, far), (far, far))]
    names = {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 1): "white"}
    return [names[tuple(int(value > 127) for value in pixel)] for pixel in pixels if isinstance(pixel, tuple)]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_of_a_tall_picture_the_uppermost_square_is_taken(kind: str) -> None:
    assert colours(portrait(quarters(kind))) == ["red", "green", "red", "green"]


@pytest.mark.parametrize(
    ("crop", "seen"),
    [
        (Crop(0, 200, 400), ["red", "green", "blue", "white"]),
        (Crop(0, 400, 200), ["blue"] * 4),
        (Crop(-50, 10_000, 400), ["blue", "white", "blue", "white"]),
        (Crop(0, 0, 100_000), ["red", "green", "red", "green"]),
        (Crop(5, 5, 0), ["red"] * 4),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_square_is_cut_out_and_never_beyond_the_picture(crop: Crop, seen: list[str], kind: str) -> None:
    assert colours(portrait(quarters(kind), crop)) == seen


def test_a_picture_is_upright_and_says_nothing_of_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, SECRET.decode()  # lies on its left side; a description
    sent = quarters("JPEG", (400, 400), exif=exif, icc_profile=SECRET * 10, comment=SECRET)
    made = portrait(sent)

    assert SECRET in sent
    assert colours(made) == ["blue", "red", "white", "green"]
    with Image.open(BytesIO(made)) as opened:
        assert (dict(opened.getexif()), opened.info.get("icc_profile"), SECRET in made) == ({}, None, False)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_pixel_is_taken(mode: str) -> None:
    content = BytesIO()
    Image.new(mode, (30, 20)).save(content, "PNG")

    with Image.open(BytesIO(portrait(content.getvalue()))) as made:
        assert made.size == (SIDE, SIDE)


def header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))


def many_scans() -> bytes:
    """A large JPEG whose last scan comes a thousand times."""
    content = image("JPEG", (5600, 5600), progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * 1000 + content[-2:]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (many_scans(), "picture_too_large"),
        (header(30_000, 30_000) + chunk(b"IDAT", b""), "picture_too_large"),
        (header(10_000, 10_000) + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000)), "picture_too_large"),
        (header(MOST_PIXELS // 8 + 1, 8) + chunk(b"IDAT", b""), "picture_too_large"),
        (header(0, 0) + chunk(b"IDAT", b""), "picture_unreadable"),
        (image("PNG", (300, 300))[:-60], "picture_unreadable"),
        (image("JPEG", (3000, 3000))[:900], "picture_unreadable"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "picture_unreadable"),
        (image("BMP"), "picture_unreadable"),
        (image("TIFF"), "picture_unreadable"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "picture_unreadable"),
        (b"", "picture_unreadable"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * (17 << 20), "picture_too_large"),
    ],
    ids=[
        "a thousand scans",
        "30,000²",
        "10,000²",
        "a pixel too many",
        "nothing",
        "half a PNG",
        "half a JPEG",
        "SVG",
        "BMP",
        "TIFF",
        "PS",
        "empty",
        "17 MB",
    ],
)
def test_what_is_no_picture_or_too_large_a_one_is_refused_soon(content: bytes, code: str) -> None:
    began = time.perf_counter()
    with pytest.raises(InvalidRequest) as refused:
        portrait(content)

    assert refused.value.code == code
    assert time.perf_counter() - began < 2


def test_texts_in_a_picture_are_not_unpacked() -> None:
    bomb = chunk(b"zTXt", b"note\0\0" + zlib.compress(b"\0" * 70_000_000)) + chunk(
        b"iCCP", b"p\0\0" + zlib.compress(SECRET)
    )
    content = png_of(
        text_chunk("parameters", SECRET),
        picture=header(1, 1) + bomb + chunk(b"IDAT", zlib.compress(b"\0" * 5)) + chunk(b"IEND", b""),
    )

    assert SECRET not in portrait(content)


def test_a_picture_of_ours_becomes_one_for_a_card() -> None:
    seen = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    content = BytesIO()
    seen.save(content, "WEBP")

    with Image.open(BytesIO(converted(content.getvalue(), "png"))) as made:
        assert (made.format, made.mode, made.getpixel((9, 9))) == ("PNG", "RGBA", (0, 0, 0, 0))
    with Image.open(BytesIO(converted(content.getvalue(), "jpeg"))) as made:
        assert (made.format, made.getpixel((9, 9))) == ("JPEG", (255, 255, 255))
