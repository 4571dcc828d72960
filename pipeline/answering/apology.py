"""What a character says when its answer could not be made, so that nobody is left in silence."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.characters.character import Character

GENERAL: Mapping[str, str] = {
    "en": "Sorry, something went wrong on my side. Could you say that again?",
    "zh": "抱歉，我这边出了点问题。请你再说一遍，好吗？",
    "de": "Entschuldigung, bei mir ist etwas schiefgegangen. Sagst du es bitte noch einmal?",
    "es": "Perdona, algo ha fallado por mi parte. ¿Puedes repetirlo?",
    "fr": "Pardon, quelque chose n'a pas marché de mon côté. Vous pouvez répéter ?",
    "it": "Scusa, qualcosa non ha funzionato da parte mia. Puoi ripetere?",
    "ja": "すみません、こちらで問題が起きました。もう一度お願いできますか？",
    "ko": "미안해요, 제 쪽에 문제가 생겼어요. 다시 한번 말씀해 주시겠어요?",
    "pt": "Desculpe, algo deu errado do meu lado. Pode repetir?",
    "ru": "Простите, у меня что-то пошло не так. Повторите, пожалуйста?",
}
"""By BCP 47 primary tag; English for all others."""

PAUSE_S = 30.0
"""Not again so soon, unless an answer came in between: what was heard may have been the last one's echo."""


class Apologies:
    """What one conversation's character says, and when. Times are clock readings in seconds."""

    def __init__(self) -> None:
        self._said_at = float("-inf")
        self._count = 0

    def due(self, now: float) -> bool:
        """Whether an apology may be said aloud."""
        return now - self._said_at >= PAUSE_S

    def said(self, now: float) -> None:
        """Remember that an apology was said."""
        self._said_at = now
        self._count += 1

    def answered(self) -> None:
        """An answer came: the next failure is a new one."""
        self._said_at = float("-inf")

    def text(self, character: Character | None, language: str) -> str:
        """One of the character's own lines where it has some in this language, else the general one."""
        tag = language.partition("-")[0].lower()
        own = character.phrases.get(tag, {}).get("failed", ()) if character else ()
        return own[self._count % len(own)] if own else GENERAL.get(tag, GENERAL["en"])
