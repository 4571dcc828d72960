"""What a model is sent: a request in OpenAI's shape, reshaped to what the model's template takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from models.remote.chat.calls import Returned
from models.remote.chat.profile import Profile
from pipeline.engines.protocols import ChatRequest, Message, Tool

OPENED = "(You have already said: {})"
GO_ON = "…"
RETURNED = "({} returned: {})"


def shaped(messages: Sequence[Message], profile: Profile) -> list[Message]:
    """The messages as the model takes them: nothing that was said is lost, but it may stand elsewhere."""
    if profile.characters is not None:
        messages = shortened(messages, profile.characters)
    if not profile.tools:
        messages = _without_calls(messages)
    if profile.alternates:
        messages = _alternating(messages)
    if profile.system == "anywhere":
        return list(messages)
    system = "\n\n".join(message.text for message in messages if message.role == "system")
    others = [message for message in messages if message.role != "system"]
    if not system:
        return others
    if profile.system == "first":
        return [Message("system", system), *_merged(others, profile)]
    place = next((place for place, message in enumerate(others) if message.role == "user"), None)
    if place is None:
        return [Message("user", system), *others]
    first = Message("user", f"{system}\n\n{others[place].text}")
    return _merged([*others[:place], first, *others[place + 1 :]], profile)


def shortened(messages: Sequence[Message], characters: int) -> list[Message]:
    """The instructions and the newest of the rest, within about `characters`; a tool's output stays with its call."""
    left = characters - sum(len(message.text) for message in messages if message.role == "system")
    kept = list[Message]()
    for message in reversed(messages):
        if message.role != "system":
            left -= len(message.text) + sum(len(call.arguments) for call in message.calls)
            if left < 0 and any(each.role == "user" for each in kept):
                continue
        kept.append(message)
    kept.reverse()
    calls = {call.id for message in kept for call in message.calls}
    outputs = {message.call_id for message in kept if message.role == "tool"}
    return [
        message
        for message in kept
        if (message.role != "tool" or message.call_id in calls) and all(call.id in outputs for call in message.calls)
    ]


def size_of(messages: Sequence[Message]) -> int:
    """Characters of a conversation."""
    return sum(len(message.text) for message in messages)


def _without_calls(messages: Sequence[Message]) -> list[Message]:
    names = {call.id: call.name for message in messages for call in message.calls}
    told = list[Message]()
    for message in messages:
        if message.role == "tool":
            told.append(Message("user", RETURNED.format(names.get(message.call_id, "It"), message.text)))
        elif message.text or not message.calls:
            told.append(replace(message, calls=()))
    return told


def _alternating(messages: Sequence[Message]) -> list[Message]:
    """Person and model by turns, the person first. What the model said before that is told with the instructions."""
    first = next((place for place, message in enumerate(messages) if message.role == "user"), len(messages))
    opening = [message for message in messages[:first] if message.role == "assistant" and message.text]
    system = [message.text for message in messages[:first] if message.role == "system"]
    if opening:
        system.append(OPENED.format(" ".join(message.text for message in opening)))
    rest = list(messages[first:])
    if not rest or rest[-1].role == "assistant":
        rest.append(Message("user", GO_ON))
    return [*([Message("system", "\n\n".join(system))] if system else []), *_merged(rest, Profile(alternates=True))]


def _merged(messages: Sequence[Message], profile: Profile) -> list[Message]:
    """Neighbours of one role as one message, where roles must alternate."""
    if not profile.alternates:
        return list(messages)
    merged = list[Message]()
    for message in messages:
        last = next((each for each in reversed(merged) if each.role != "system"), None)
        plain = message.role in ("user", "assistant") and not message.calls
        if last is not None and plain and last.role == message.role and not last.calls:
            at = next(place for place in range(len(merged) - 1, -1, -1) if merged[place] is last)
            merged[at] = replace(last, text=f"{last.text}\n\n{message.text}")
        else:
            merged.append(message)
    return merged


def body(request: ChatRequest, model: str, limit: str, profile: Profile, returned: Returned) -> dict[str, Any]:
    """The fields of a request. limit: the name of the bound of tokens. returned: what goes back with calls."""
    asked: dict[str, Any] = {
        "model": model,
        "messages": [_message(message, profile, returned) for message in shaped(request.messages, profile)],
        "stream": True,
    }
    if request.max_tokens:
        other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
        asked[other[limit] if profile.other_limit else limit] = request.max_tokens
    if request.tools and profile.tools:
        asked["tools"] = [_tool(tool) for tool in request.tools]
        asked["tool_choice"] = _tool_choice(request.tool_choice)
    if profile.counts_usage:
        asked["stream_options"] = {"include_usage": True}
    return asked


def merged_fields(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """One table of all; of what is in several the later counts, tables in them are merged likewise."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for name, value in layer.items():
            old = merged.get(name)
            if isinstance(old, Mapping) and isinstance(value, Mapping):
                value = merged_fields(old, value)
            merged[name] = value
    return merged


def _message(message: Message, profile: Profile, returned: Returned) -> dict[str, Any]:
    shape: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.role == "tool":
        shape["tool_call_id"] = message.call_id
    if message.calls:
        shape["content"] = message.text or (None if profile.null_content else "")
        if profile.returns_thoughts:
            shape["reasoning_content"] = returned.thought(message.calls[0])
        shape["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
                **returned.fields(call),
            }
            for call in message.calls
        ]
    return shape


def _tool(tool: Tool) -> dict[str, Any]:
    parameters = dict(tool.parameters) or {"type": "object", "properties": {}}
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": parameters},
    }


def _tool_choice(choice: str) -> Any:
    if choice in ("auto", "none", "required"):
        return choice
    return {"type": "function", "function": {"name": choice}}
