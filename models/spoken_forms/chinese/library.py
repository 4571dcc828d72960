"""wetext's transducers, for the numbers in Chinese text that no rule of ours takes: counted things, years, measures."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import lru_cache

from models.spoken_forms.chinese.numbers import NUMBER, number
from pipeline.text.spoken_forms import Piece

log = logging.getLogger(__name__)

HAN = r"\u3400-\u9fff"
WINDOW = re.compile(rf"[{HAN}]{{0,2}}[-−+]?(?:{NUMBER})(?::\d{{1,4}})?%?[{HAN}]{{0,4}}")
"""A number with what stands around it. The transducers take 0.6 ms of processor time for it."""
LONGEST = 24
_HAN = re.compile(f"[{HAN}]")
_NUMBER = re.compile(rf"[-−+]?{NUMBER}")

try:
    from wetext import Normalizer
except ImportError as error:  # it is optional, and there is no wheel of it for every machine
    log.warning("Chinese numbers are read without wetext: %s (pip install -r requirements.txt)", error)
    _transduced = None
else:
    _transduced = Normalizer(lang="zh", operator="tn").normalize


def pieces(text: str) -> Iterator[Piece]:
    """The text with its numbers in words."""
    at = 0
    for window in WINDOW.finditer(text):
        if window.start() > at:
            yield Piece(text[at : window.start()], text[at : window.start()])
        written = window[0]
        yield from _differing(written, _read(written) if len(written) <= LONGEST else _plainly(written))
        at = window.end()
    if text[at:]:
        yield Piece(text[at:], text[at:])


@lru_cache(maxsize=1024)
def _read(written: str) -> str:
    """What wetext makes of it, if nothing is lost and no digit is left; else the numbers by themselves."""
    if not (_transduced and _HAN.search(written)):
        return _plainly(written)
    try:
        spoken = str(_transduced(written.replace("−", "-")))
    except (AssertionError, RuntimeError, ValueError, IndexError, KeyError):  # its parser's, for what it cannot read
        return _plainly(written)
    return spoken if _is_whole(written, spoken) else _plainly(written)


def _is_whole(written: str, spoken: str) -> bool:
    left = iter(spoken)
    kept = all(character in left for character in _HAN.findall(written))
    return kept and not re.search(r"[\d,，.]", spoken)


def _plainly(written: str) -> str:
    return _NUMBER.sub(lambda match: number(match[0]), written)


def _differing(written: str, spoken: str) -> Iterator[Piece]:
    """What is the same at both ends, and between them what is not."""
    most = min(len(written), len(spoken))
    head = next((n for n in range(most) if written[n] != spoken[n]), most)
    tail = next((n for n in range(most - head) if written[-1 - n] != spoken[-1 - n]), most - head)
    ends = len(written) - tail, len(spoken) - tail
    for piece in (Piece(written[:head], spoken[:head]), Piece(written[head : ends[0]], spoken[head : ends[1]])):
        if piece.written or piece.spoken:
            yield piece
    if tail:
        yield Piece(written[ends[0] :], spoken[ends[1] :])
