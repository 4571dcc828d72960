"""A card's greeting in one way of writing: what is told, and not said, in asterisks. Pure.

Cards begin in many ways. One is that of novels: `She looks up. "You are late," she says.` Only what stands in quotation
marks is said there. A text is taken for such a one where its quotations are whole sentences, and somebody does something
outside of them.
"""

from __future__ import annotations

import re

_QUOTE = re.compile('"[^"\n]+"|“[^“”\n]+”|「[^「」\n]+」|『[^『』\n]+』|«[^«»\n]+»')
_SPEECH = re.compile('["“「『«].*[.,!?…~—。，！？～]["”」』»]')
_NOT_DONE = "is|was|has|does|needs|wants|knows|loves|likes|always|perhaps|sometimes|this|its|us|yes"
_DONE = rf"(?:[a-z]+ly )?(?!(?:{_NOT_DONE})\b)(?:[a-z]+(?:s|ed)|said|sat|stood|held|took|ran|rose|came|went|put)\b"
_I_DO = r"\bI (?:say|smile|look|lean|nod|whisper|turn|reach|sigh|laugh|ask|grin|wave|stand|sit)\b"


def in_asterisks(text: str, name: str) -> str:
    """The greeting with what is told in asterisks, and without the name of `name` in front of it."""
    own = re.escape(name)
    text = re.sub(rf"\A(?:\*\*|__)?{own}\s*(?:[:：](?:\*\*|__)?|(?:\*\*|__)[:：])\s*", "", text)
    if "*" in text or not any(_SPEECH.fullmatch(quote) for quote in _QUOTE.findall(text)):
        return text
    told = _QUOTE.sub("\n", text)
    does = rf"\b(?:[Ss]he|[Hh]e|[Tt]hey|[Tt]he [a-z]+|{own}) {_DONE}|{_I_DO}|(?:[她他]|{own})[^\n。]{{0,12}}[着了道说笑看向]"
    if not re.search(does, told):
        return text
    return "\n".join(map(_told_in_asterisks, text.split("\n")))


def _told_in_asterisks(line: str) -> str:
    parts, at = [], 0
    for quote in _QUOTE.finditer(line):
        parts += [_starred(line[at : quote.start()]), quote[0]]
        at = quote.end()
    return " ".join(filter(None, [*parts, _starred(line[at:])]))


def _starred(told: str) -> str:
    told = told.strip()
    return f"*{told}*" if any(map(str.isalnum, told)) else told
