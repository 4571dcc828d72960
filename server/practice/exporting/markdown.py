"""A document as Markdown (CommonMark), in which what was said stands as it was said. Pure."""

from __future__ import annotations

import re

from server.practice.exporting.document import Block, Document, Style

SIGNS = str.maketrans({letter: f"\\{letter}" for letter in "\\`*_{}[]<>#|~&"})
BEGINS = re.compile(r"^([-+=]|\d+(?=[.)]))")
"""What would make a list, or the line under a heading, of a paragraph."""

BEFORE: dict[Style, str] = {"heading": "## ", "subheading": "### ", "text": "", "item": "- ", "note": "> "}


def markdown_of(document: Document) -> str:
    """The whole document."""
    paragraphs = [f"# {_plain(document.title)}", _plain(document.about)]
    for before, block in zip((None, *document.blocks), document.blocks, strict=False):
        if not block.text:
            continue
        written = BEFORE[block.style] + _plain(block.text, in_heading=block.style.endswith("heading"))
        if block.style == "item" and isinstance(before, Block) and before.style == "item":
            paragraphs[-1] += f"\n{written}"
        else:
            paragraphs.append(written)
    return "\n\n".join(paragraphs) + "\n"


def _plain(text: str, *, in_heading: bool = True) -> str:
    plain = text.translate(SIGNS)
    if in_heading:
        return plain
    return BEGINS.sub(r"\1\\" if plain[:1].isdecimal() else r"\\\1", plain)
