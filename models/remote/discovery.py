"""Looks for a language model that already runs on this machine, so that talking needs no settings."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

PORTS: Mapping[str, int] = {"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080, "vLLM": 8000}
"""Servers that speak OpenAI's language, at their usual ports; the first that answers is taken."""
LONGEST_LIST = 1_000_000
"""Bytes. Anything may listen on these ports."""
NOT_CHAT = re.compile(r"embed|rerank|whisper|moderation|dall-e|\btts\b|\b(?:bge|gte|e5)\b|minilm", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A server by its usual name, where it is, and a model that it offers."""

    server: str
    base_url: str
    model: str


async def find_local_model(timeout_s: float = 0.3, ports: Mapping[str, int] = PORTS) -> LocalModel | None:
    """The first server of `ports`, in their order, that offers a chat model. Asks all at once and never raises."""
    # No proxy may come between us and this machine, and loading certificates would take most of the time.
    async with httpx2.AsyncClient(timeout=timeout_s, trust_env=False, verify=False) as client:
        found = await asyncio.gather(*(_look(client, name, port, timeout_s) for name, port in ports.items()))
    return next((model for model in found if model), None)


def first_chat_model(models: Sequence[str]) -> str:
    """The first that is not made for something else, by its name; empty if there is none."""
    return next((model for model in models if not NOT_CHAT.search(model)), "")


async def _look(client: httpx2.AsyncClient, server: str, port: int, timeout_s: float) -> LocalModel | None:
    base_url = f"http://127.0.0.1:{port}/v1"
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s), client.stream("GET", base_url + "/models") as response:
            if response.status_code != httpx2.codes.OK:
                return None
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > LONGEST_LIST:
                    return None
        model = first_chat_model(_ids(json.loads(body)))
    except (httpx2.HTTPError, TimeoutError, ValueError):
        return None
    return LocalModel(server, base_url, model) if model else None


def _ids(listed: Any) -> list[str]:
    """The models' names, if this is a list of models as OpenAI's API gives it; else none."""
    models = listed.get("data") if isinstance(listed, dict) and listed.get("object") == "list" else None
    ids = (model.get("id") for model in models if isinstance(model, dict)) if isinstance(models, list) else ()
    return [model for model in ids if isinstance(model, str) and model]
