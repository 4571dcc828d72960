"""Reading tables that anyone may have written: typed, bounded, and with errors that name the path of what is wrong."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from pipeline.errors import InvalidRequest

TEXT_LIMIT = 500
"""Characters of a text, where the reader names no other limit."""

LIST_LIMIT = 120
"""Entries of a list or a table."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and lone surrogates, which neither a page nor a voice can use."""


class Fields:
    """One table: each read takes a field and checks it; `done` refuses fields that nobody read."""

    def __init__(self, data: object, path: str) -> None:
        self.path = path
        where = f"`{path}`" if path else "What was sent"
        if not isinstance(data, Mapping) or not all(isinstance(key, str) for key in data):
            raise InvalidRequest(f"{where} must be a table.", param=path or None)
        if len(data) > LIST_LIMIT:
            raise InvalidRequest(f"{where} has more than {LIST_LIMIT} fields.", param=path or None)
        self.data: Mapping[str, object] = data
        self._read: set[str] = set()

    def text(
        self, key: str, *, default: str | None = None, limit: int = TEXT_LIMIT, pattern: str = "", hint: str = ""
    ) -> str:
        """The text at `key`, white space collapsed; required unless there is a default."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        text = self._checked(value, self._at(key), limit)
        if pattern and not re.fullmatch(pattern, text):
            raise InvalidRequest(f"`{self._at(key)}` must be {hint}.", param=self._at(key))
        return text

    def texts(self, key: str, *, least: int = 0, limit: int = TEXT_LIMIT) -> tuple[str, ...]:
        """The list of texts at `key`; one text alone is a list of one."""
        value = self._take(key)
        found = tuple(
            self._checked(item, f"{self._at(key)}.{index}", limit)
            for index, item in enumerate([value] if isinstance(value, str) else self._list(key, value))
        )
        if len(found) < least:
            raise InvalidRequest(f"`{self._at(key)}` needs at least {least}.", param=self._at(key))
        return found

    def table(self, key: str, *, optional: bool = False) -> Fields:
        """The table at `key`."""
        value = self._take(key)
        return Fields({} if value is None and optional else value, self._at(key))

    def tables(self, key: str, *, last: bool = False) -> list[Fields]:
        """The list of tables at `key`; with `last`, nothing else may stand beside it."""
        value = self._take(key)
        if last:
            self.done()
        return [Fields(item, f"{self._at(key)}.{index}") for index, item in enumerate(self._list(key, value))]

    def items(self, key: str) -> Iterator[str | Fields]:
        """The list at `key`, whose entries may be texts or tables."""
        for index, item in enumerate(self._list(key, self._take(key))):
            path = f"{self._at(key)}.{index}"
            yield self._checked(item, path, TEXT_LIMIT) if isinstance(item, str) else Fields(item, path)

    def done(self) -> None:
        """Refuse fields that nobody read, naming the nearest known one."""
        for key in self.data:
            if key not in self._read:
                near = difflib.get_close_matches(key, self._read, n=1)
                ask = f" Did you mean `{near[0]}`?" if near else ""
                raise InvalidRequest(f"`{self._at(key)[:200]}` is not a known field.{ask}", param=self._at(key)[:200])

    def _take(self, key: str) -> object:
        self._read.add(key)
        return self.data.get(key)

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _list(self, key: str, value: object) -> list[object]:
        if value is None:
            return []
        if not isinstance(value, list | tuple) or len(value) > LIST_LIMIT:
            raise InvalidRequest(f"`{self._at(key)}` must be a list of at most {LIST_LIMIT}.", param=self._at(key))
        return list(value)

    @staticmethod
    def _checked(value: object, path: str, limit: int) -> str:
        if not isinstance(value, str):
            problem = "is missing" if value is None else "must be text"
            raise InvalidRequest(f"`{path}` {problem}.", param=path)
        text = " ".join(value.split())
        if not text:
            raise InvalidRequest(f"`{path}` is empty.", param=path)
        if len(text) > limit:
            raise InvalidRequest(f"`{path}` is longer than {limit} characters.", param=path)
        if _UNPRINTABLE.search(text):
            raise InvalidRequest(f"`{path}` contains control characters.", param=path)
        return text
