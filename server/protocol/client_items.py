"""Items as clients write them → items of the conversation. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import assert_never

from pipeline.audio.samples import Samples
from pipeline.conversation.transcript import Item, Part
from pipeline.errors import InvalidRequest
from server.protocol.client_events import ClientItem, ContentPart, FunctionCallItem, FunctionOutputItem, MessageItem

NO_SOUNDS: Mapping[int, Samples] = {}


def item_of(item: ClientItem, new_id: Callable[[str], str], sounds: Mapping[int, Samples] = NO_SOUNDS) -> Item:
    """The item, of whose parts some have `sounds`, by their places."""
    id = item.id or new_id("item")
    match item:
        case MessageItem():
            parts = tuple(_part(part, sounds.get(place)) for place, part in enumerate(item.content))
            text = "\n".join(part.text for part in parts if part.text)
            return Item(id, role=item.role, text=text, spoken=any(part.spoken for part in parts), parts=parts)
        case FunctionCallItem():
            call_id = item.call_id or new_id("call")
            return Item(id, "function_call", "assistant", text=item.arguments, call_id=call_id, name=item.name)
        case FunctionOutputItem():
            return Item(id, "function_call_output", "user", text=item.output, call_id=item.call_id)
        case _:
            assert_never(item)


def audio_in(item: ClientItem, param: str) -> Iterator[tuple[int, str]]:
    """The audio that is to be heard, in base64, by the places of its parts.

    Raises `InvalidRequest` for a part that has neither audio that can be heard, the person's, nor its words.
    """
    for place, part in enumerate(item.content if isinstance(item, MessageItem) else ()):
        if not part.spoken:
            continue
        heard = isinstance(item, MessageItem) and item.role == "user"
        if heard and part.audio is not None:
            yield place, part.audio
        elif part.transcript is None:
            lacks = "audio" if heard else "transcript"
            message = f"What was said needs its {lacks}: send it in '{param}.content.{place}.{lacks}'."
            raise InvalidRequest(message, code="missing_required_parameter", param=f"{param}.content.{place}.{lacks}")


def _part(part: ContentPart, sound: Samples | None) -> Part:
    if not part.spoken:
        return Part(part.text or "")
    return Part(part.transcript or "", spoken=True, transcribed=sound is None, sound=sound)
