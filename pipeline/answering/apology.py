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

LOADING: Mapping[str, str] = {
    "en": "I'm not quite awake yet: the language model is still loading. Try me again in a minute.",
    "zh": "我还没完全醒，语言模型还在载入。过一分钟再叫我，好吗？",
    "de": "Ich bin noch nicht ganz wach: Das Sprachmodell lädt noch. Versuch es in einer Minute noch einmal.",
    "es": "Todavía no estoy despierto del todo: el modelo de lenguaje se está cargando. Inténtalo en un minuto.",
    "fr": "Je ne suis pas encore bien réveillé : le modèle de langage se charge. Réessayez dans une minute.",
}
"""Likewise while its language model is being loaded; the general line for all others."""

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

    def text(self, character: Character | None, language: str, code: str = "") -> str:
        """One of the character's own lines where it has some in this language, else the general one.

        code: of the error that is the reason.
        """
        tag = language.partition("-")[0].lower()
        if code == "model_loading" and tag in LOADING:
            return LOADING[tag]
        own = character.phrases.get(tag, {}).get("failed", ()) if character else ()
        return own[self._count % len(own)] if own else GENERAL.get(tag, GENERAL["en"])
