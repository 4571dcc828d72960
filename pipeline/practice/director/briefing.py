"""What a language model is told of a practice as a whole: the roles, the place, and the rules. Pure."""

from __future__ import annotations

from pipeline.practice.director.phrases import language_name, tell
from pipeline.practice.practice import Practice
from pipeline.text.tokens import fitted

TOKENS = 1_600
"""Of a briefing; an advert and a CV give way first."""

MOST_DUE = 5


def briefing(practice: Practice, tokens: int = TOKENS) -> str:
    """The system prompt's part about the practice, within about `tokens`."""
    language = practice.language
    name = language_name(language, language)
    if practice.interview:
        rules = tell(language, "frame_interview", title=practice.title, place=practice.place, language=name)
        tone = practice.interview.strictness
        rules += "\n" + tell(language, f"frame_{tone}") if tone != "neutral" else ""
        parts = {"advert": practice.interview.advert.strip(), "resume": practice.interview.resume.strip()}
    else:
        level = practice.scene.level if practice.scene else "B1"
        told = {"title": practice.title, "place": practice.place, "they": practice.they, "you": practice.you}
        rules = tell(language, "frame_language", level=level, language=name, **told)
        due = [f"“{back}”" for back in list(practice.due.values())[:MOST_DUE]]
        parts = {"frame_due": " ".join(due)}
    kept = fitted({"rules": rules, **{key: text for key, text in parts.items() if text}}, tokens)
    further = [tell(language, key, text=kept[key]) for key in parts if kept.get(key)]
    return "\n\n".join([kept["rules"].strip(), *further])
