"""What a character says while its model thinks, so that nobody waits in silence. It is heard, and no part of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.characters.character import Character

GENERAL: Mapping[str, Sequence[str]] = {
    "en": ("Hmm, let me think.", "One moment.", "Let me think about that."),
    "zh": ("嗯，让我想想。", "稍等一下。", "这个我得想一想。"),
    "de": ("Hm, lass mich überlegen.", "Einen Moment."),
    "es": ("Mm, déjame pensar.", "Un momento."),
    "fr": ("Hum, laisse-moi réfléchir.", "Un instant."),
    "it": ("Mmh, fammi pensare.", "Un momento."),
    "ja": ("うーん、少し考えますね。", "少々お待ちください。"),
    "ko": ("음, 잠시 생각해 볼게요.", "잠시만요."),
    "pt": ("Hum, deixe-me pensar.", "Um momento."),
    "ru": ("Хм, дайте подумать.", "Минутку."),
}
"""By BCP 47 primary tag; English for all others."""

AFTER_S = 1.5
"""The first one, after the answer is due: longer than any answer without a thought should take."""
AGAIN_S = 12.0
"""The next ones."""


class Fillers:
    """Those of one answer. Times are clock readings in seconds; `first` is which of the lines comes first."""

    def __init__(self, lines: Sequence[str] = (), first: int = 0) -> None:
        self._lines, self._next = lines, first
        self._due_at = float("inf")

    def begin(self, now: float) -> None:
        """From now on the person waits for the answer."""
        self._due_at = now + AFTER_S

    def due(self, now: float) -> str:
        """What is to be said now; empty for nothing."""
        if now < self._due_at or not self._lines:
            return ""
        self._due_at = now + AGAIN_S
        self._next += 1
        return self._lines[(self._next - 1) % len(self._lines)]


def lines_of(character: Character | None, language: str) -> Sequence[str]:
    """The character's own lines where it has some in this language, else the general ones."""
    tag = language.partition("-")[0].lower()
    own = character.phrases.get(tag, {}).get("thinking", ()) if character else ()
    return own or GENERAL.get(tag, GENERAL["en"])
