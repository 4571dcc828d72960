"""A character's lorebook as data: what it knows and recalls only when the talk comes to it.

The names are those of the character card specifications (V2, V3), so that a book can be read beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Position = Literal["before_char", "after_char"]


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One thing to know. `content` may begin with decorators (`@@depth 4`).

    keys: words that bring it in; one written `/…/flags` is a regular expression. selective: one of `secondary_keys` has to
    be there too. constant: it is always there. insertion_order: the lower comes first. priority: the lower goes first if
    not all of them fit. case_sensitive: of the keys.
    """

    content: str
    keys: tuple[str, ...] = ()
    secondary_keys: tuple[str, ...] = ()
    selective: bool = False
    constant: bool = False
    enabled: bool = True
    insertion_order: float = 100
    priority: float = 0
    position: Position = "after_char"
    case_sensitive: bool = False
    name: str = ""
    comment: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """scan_depth: how many of the last messages are searched for keys. token_budget: of one turn.

    recursive_scanning: whether the keys are also searched for in the entries that were found.
    """

    entries: tuple[BookEntry, ...] = ()
    name: str = ""
    description: str = ""
    scan_depth: int = 4
    token_budget: int = 500
    recursive_scanning: bool = False
