"""A conversation as the messages that a language model is sent. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.conversation.config import ResponseRequest, SessionConfig
from pipeline.conversation.known import Known
from pipeline.conversation.transcript import SILENCE, Item
from pipeline.engines.protocols import ChatRequest, Message, ToolCall
from pipeline.prompt.vocal_cues import note
from pipeline.text.language import language_of


def last_said(items: Sequence[Item]) -> str:
    """The person's last words."""
    return next((item.text for item in reversed(items) if item.role == "user" and item.text.strip()), "")


def chat_request(
    config: SessionConfig, ask: ResponseRequest, items: Sequence[Item], context: Sequence[str] = (), summary: str = ""
) -> ChatRequest:
    """What the model is asked: to go on after `items`, as the conversation is set and the answer was asked for."""
    if after := ask.instructed_after(config):
        context = [*context, after]
    language = language_of(last_said(items), config.language)
    return ChatRequest(
        prompt(ask.instructed(config), items, language, context, summary),
        config.character,
        language,
        ask.offered(config),
        ask.tool_choice or config.tool_choice,
        ask.most_tokens(config),
    )


def with_known(request: ChatRequest, known: Sequence[Known]) -> ChatRequest:
    """With what a scripted model takes of what is known."""
    told = tuple(part.quote for part in known if part.quote)
    directed = next((part for part in known if part.say), None)
    if directed is None:
        return replace(request, told=told)
    return replace(request, told=told, directed=directed.say, answer_first=directed.answer_first)


def prompt(
    instructions: str, items: Sequence[Item], language: str = "en", context: Sequence[str] = (), summary: str = ""
) -> list[Message]:
    """The messages that show `items` to a model, with notes in `language` on how the person sounded.

    Instructions stand as they are, and what was said before the items (`summary`) after them. What is known besides
    (`context`) comes late, before the last words of the person: what precedes it stays the same from turn to turn, so
    that models need not read it again. A call and its output appear only together, since models refuse one without the
    other.
    """
    messages = [Message("system", text) for text in (instructions, summary) if text]
    outputs = _outputs(items)
    for item in items:
        if output := outputs.get(item.id):
            call = ToolCall(item.call_id, item.name, item.text)
            messages.append(Message("assistant", "", calls=(call,)))
            messages.append(Message("tool", output.text, call_id=item.call_id))
        elif item.type == "message" and (item.text.strip() or SILENCE in item.sounds):
            sounded = note(item.emotion, item.sounds, language)
            messages.append(Message(item.role, (sounded + item.text.strip()).strip()))
    return _with_context(_merged(messages), context)


def _outputs(items: Sequence[Item]) -> dict[str, Item]:
    """The output of each call that has one, by the id of the call's item.

    Some servers number the calls of every answer from "call_0": an output belongs to the latest call of its id before it.
    """
    calls, outputs, early = dict[str, Item](), dict[str, Item](), dict[str, Item]()
    for item in items:
        if item.type == "function_call":
            calls[item.call_id] = item
            if output := early.pop(item.call_id, None):
                outputs[item.id] = output
        elif item.type == "function_call_output":
            if call := calls.get(item.call_id):
                outputs[call.id] = item
            else:
                early[item.call_id] = item
    return outputs


def _with_context(messages: list[Message], context: Sequence[str]) -> list[Message]:
    if not context:
        return messages
    place = max((place for place, message in enumerate(messages) if message.role == "user"), default=len(messages))
    return [*messages[:place], Message("system", "\n\n".join(context)), *messages[place:]]


def _merged(messages: list[Message]) -> list[Message]:
    """Neighbours of one role as one message (parallel calls stay with their outputs, which is why those do not merge)."""
    merged: list[Message] = []
    for message in messages:
        last = merged[-1] if merged else None
        plain = message.role in ("user", "assistant") and not message.calls
        if last and plain and last.role == message.role and not last.calls:
            merged[-1] = Message(last.role, f"{last.text}\n{message.text}")
        else:
            merged.append(message)
    return merged
