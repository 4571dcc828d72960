"""The text normaliser: loads each language's rules and libraries in the background, and stands for their faults."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module

from pipeline.text.spoken_forms import Piece, spoken_of, written_of

log = logging.getLogger(__name__)

LOADED_S = 3.0
"""How long the first text waits for the rules, which are loaded within a second while the server starts."""
LONGEST = 2_000
"""Characters; no clause is longer."""
LANGUAGES: Mapping[str, str] = {"en": "models.spoken_forms.english", "zh": "models.spoken_forms.chinese"}


@cache
def create() -> SpokenForms:
    """The normaliser of this process. What it needs begins to load in the background."""
    return SpokenForms()


class SpokenForms:
    """Thread-safe. A language whose library is not installed, or of which nothing is known, stays as it is written."""

    def __init__(self, languages: Mapping[str, str] = LANGUAGES) -> None:
        self._pieces: dict[str, Callable[[str], Iterable[Piece]]] = {}
        self._loaded = threading.Event()
        threading.Thread(target=self._load, args=(languages,), name="spoken-forms").start()

    def normalize(self, text: str, language: str) -> tuple[Piece, ...]:
        """The text in pieces, each with how it is said. language: BCP 47 primary tag."""
        as_it_stands = (Piece(text, text),) if text else ()
        self._loaded.wait(LOADED_S)
        pieces_of = self._pieces.get(language)
        if pieces_of is None or len(text) > LONGEST:
            return as_it_stands
        try:
            pieces = tuple(pieces_of(text))
        except Exception:
            log.exception("a text of %d characters could not be normalised", len(text))
            return as_it_stands
        lost = written_of(pieces) != text or not any(map(str.isalnum, spoken_of(pieces)))
        return as_it_stands if lost else pieces

    def _load(self, languages: Mapping[str, str]) -> None:
        try:
            for language, module in languages.items():
                self._pieces[language] = _rules(language, module)
        finally:
            self._loaded.set()


def _rules(language: str, module: str) -> Callable[[str], Iterable[Piece]]:
    try:
        pieces: Callable[[str], Iterable[Piece]] = import_module(module).pieces
        list(pieces("1 2"))
    except ImportError as error:
        log.warning("numbers in %s are left to the voice: %s (pip install -r requirements.txt)", language, error)
        return lambda text: [Piece(text, text)]
    return pieces
