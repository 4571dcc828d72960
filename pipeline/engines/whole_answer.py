"""A language model's answer as one text, for what is read by the server itself and not said."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from pipeline.engines.protocols import ChatEvent, ChatModel, ChatRequest, Retracted, TextDelta


async def whole_answer(model: ChatModel, request: ChatRequest, longest: int) -> str:
    """What the model writes, without what it takes back. From `longest` characters on no more is read."""
    text = ""
    async with aclosing(cast(AsyncGenerator[ChatEvent, None], model.reply(request))) as events:
        async for event in events:
            match event:
                case TextDelta():
                    text += event.text
                case Retracted():
                    text = ""
                case _:
                    pass
            if len(text) > longest:
                break
    return text
