"""The first words of a conversation: a stranger hears the character's greeting, and who is known one that is about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pipeline.characters.character import Character
from pipeline.conversation.config import ResponseRequest, SessionConfig
from pipeline.conversation.known import Asked, Known
from pipeline.memory.coming_back import Acquaintance, greeting_instructions, greeting_line


class Remembering(Protocol):
    """What a conversation remembers of the person."""

    async def known(self, asked: Asked) -> Sequence[Known]:
        """What helps to answer; it is a `Source`."""
        ...

    async def come_back(self, language: str, *, ask: bool) -> Acquaintance | None:
        """What is known of who comes back; None for a stranger. `ask`: whether what was open may be asked about."""
        ...


async def first_words(
    greeting: str, character: Character, config: SessionConfig, remembering: Remembering | None, *, by_model: bool
) -> ResponseRequest:
    """What the character is to say. by_model: whether a language model finds the words for who is known.

    A character that leads through a plan, or into a story, begins with that, and asks about nothing else.
    """
    leads = bool(character.plan) or character.purpose == "story"
    known = await remembering.come_back(config.language, ask=not leads) if remembering else None
    if known is None or character.purpose == "story":
        return ResponseRequest(say=greeting)
    if by_model and not leads and not config.by_speech_model:
        order = greeting_instructions(greeting, config.language, known)
        return ResponseRequest(instructions=f"{config.instructions}\n\n{order}")
    return ResponseRequest(say=greeting_line(greeting, config.language, known))
