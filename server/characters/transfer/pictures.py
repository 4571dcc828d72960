"""Pictures of characters: whatever image somebody sends becomes a small square one that holds nothing but its pixels."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from PIL import Image, ImageOps

from pipeline.errors import InvalidRequest
from server.characters.cards import png
from server.characters.cards.reading import JPEG
from server.errors import TooLarge

# Sizes are bounded here; Pillow would write a warning of its own for each picture that is refused.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)

SIDE = 512
"""Pixels of a portrait's side."""

KINDS = ("PNG", "JPEG", "WEBP", "GIF")
"""What is read. No SVG, which is a page with scripts."""

MOST_PIXELS = 32_000_000
"""Of what is sent; unpacked they take 128 MB. Cameras of telephones make 12 or 24 millions."""

LARGEST_PICTURE = 16 << 20
"""Bytes."""

MOST_SCANS = 40
"""Of a JPEG. Each goes over all pixels anew: 30 ms for the most, and 16 MiB could hold 200,000. Usual are ten."""

SCAN = b"\xff\xda"
"""How one begins; in what is coded no byte 255 stands before any but 0 and the restart marks."""

BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    ArithmeticError,
    TypeError,
    RuntimeError,
    struct.error,
)
"""What Pillow lets through for images that are broken, or made to break it, and what it would rather warn of."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A square of the picture, in its own pixels, upright as it is shown."""

    left: int
    top: int
    size: int


def portrait(content: bytes, crop: Crop | None = None) -> bytes:
    """The picture as WebP, `SIDE` pixels wide and high: the square `crop`, else the uppermost middle one.

    Raises `InvalidRequest`, `TooLarge`. Takes up to a second of a processor.
    """
    with _opened(content, whole=crop is not None) as image:
        upright = ImageOps.exif_transpose(image)
        left, top, size = _square(upright.width, upright.height, crop)
        square = upright.crop((left, top, left + size, top + size))
        small = _plain(square).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        return _written(small, "WEBP", quality=88)


def converted(content: bytes, kind: Literal["png", "jpeg"]) -> bytes:
    """A picture of ours, for a card. Raises `InvalidRequest`."""
    with _opened(content) as image:
        plain = _plain(image)
        if kind == "png":
            return _written(plain, "PNG")
        flat = Image.new("RGB", plain.size, "white")
        flat.paste(plain, mask=plain.getchannel("A") if plain.mode == "RGBA" else None)
        return _written(flat, "JPEG", quality=90)


def blank(colour: str, kind: Literal["png", "jpeg"]) -> bytes:
    """A picture of one colour, for the card of a character that has none."""
    return _written(Image.new("RGB", (SIDE, SIDE), colour), kind.upper())


@contextmanager
def _opened(content: bytes, *, whole: bool = True) -> Iterator[Image.Image]:
    """The first frame, whose pixels are bounded before any of them is unpacked. whole: with all pixels that it has."""
    if len(content) > LARGEST_PICTURE:
        raise _too_large(f"{LARGEST_PICTURE >> 20} MiB")
    if content.startswith(JPEG) and content.count(SCAN) > MOST_SCANS:
        raise _too_large(f"{MOST_SCANS} scans")
    if content.startswith(png.SIGNATURE):
        content = png.pixels_of(content)  # what else is in it may unpack to anything
    try:
        with Image.open(BytesIO(content), formats=KINDS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _too_large(f"{MOST_PIXELS // 1_000_000} million pixels")
            if not whole:
                image.draft("RGB", (2 * SIDE, 2 * SIDE))  # of a JPEG no more is unpacked than is needed
            image.load()
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(f"{MOST_PIXELS // 1_000_000} million pixels") from None
    except (*BROKEN, Warning):
        message = f"This is no picture that can be read: {', '.join(KINDS)}."
        raise InvalidRequest(message, code="picture_unreadable") from None


def _too_large(most: str) -> TooLarge:
    return TooLarge(f"The picture may have {most} at most.", code="picture_too_large")


def _plain(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where parts are seen through; no profile, no comments."""
    transparent = "A" in image.getbands() or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")


def _square(width: int, height: int, crop: Crop | None) -> tuple[int, int, int]:
    if crop is None:
        size = min(width, height)
        return (width - size) // 2, 0, size
    size = max(1, min(crop.size, width, height))
    return min(max(0, crop.left), width - size), min(max(0, crop.top), height - size), size


def _written(image: Image.Image, kind: str, **how: int) -> bytes:
    content = BytesIO()
    image.info = {}
    image.save(content, kind, **how)
    return content.getvalue()
