"""What the official `openai` client raises, as the plain errors that `models.remote.client` translates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import openai

from models.remote.client import Refusal


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turns the client's errors into `Refusal`, `TimeoutError`, httpx2's and `ValueError`, without their texts: those
    quote the server, and it may quote the key."""
    try:
        yield
    except openai.OpenAIError as error:
        failure = plain(error)
        raise failure from failure.__cause__  # which tells a certificate that is not trusted from no answer


def plain(error: openai.OpenAIError) -> Exception:
    match error:
        case openai.APITimeoutError():
            return error.__cause__ if isinstance(error.__cause__, httpx2.TimeoutException) else TimeoutError()
        case openai.APIConnectionError():
            return error.__cause__ if isinstance(error.__cause__, httpx2.TransportError) else httpx2.NetworkError("")
        case openai.APIStatusError():
            # OpenAI names the reason in `code`, StepFun and others in `type`.
            return Refusal.of(error.response, error.code or error.type)
        case _:
            return ValueError("not what the client expects")
