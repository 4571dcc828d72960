"""Any language model that speaks OpenAI's chat API: OpenAI's own, Ollama, LM Studio, llama.cpp, vLLM and others.

A request that is refused is asked again in the same turn, differently, for as long as the server's words (`refusals`) or
what servers usually refuse say how; what helped is remembered (`profile`). The stream is read here, and not by the official
client, since that one stops at the first line it does not expect (`stream`).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2

from models.network.http import ProxyTransport
from models.remote.chat.asking import LOADING_S, RETRY_AFTER_S, Asking, Refused, refusal_of
from models.remote.chat.calls import Returned
from models.remote.chat.locating import Locator, Place
from models.remote.chat.profile import FEWEST, Memory, Profile
from models.remote.chat.reader import AnswerReader, Failed
from models.remote.chat.refusals import Asked, Reason, after, in_a_sentence, reasons_in
from models.remote.chat.servers import LOADS_WHEN_ASKED, addresses, is_hosted, quiet_fields, thinks_first
from models.remote.chat.shaping import body, merged_fields, size_of
from models.remote.chat.stream import NotJson, Payloads
from models.remote.client import Refusal, Server, host_of, lines, without_login
from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, TextDelta, Thinking
from pipeline.engines.workers import read_ahead
from pipeline.errors import EngineError, EngineUnavailable
from pipeline.text.clean import clean

log = logging.getLogger(__name__)

NAME = "openai"
OPENAI = "https://api.openai.com/v1"
SERVER = Server(NAME, "the language model's server", "KAIKOU_LLM_API_KEY", "its address (llm_base_url)")
CONNECT_S, READ_S = 3.0, 120.0
"""To accept a connection, and to anything new on it. How long a model may be silent is the bound of whoever asks it."""
HELD_CHARACTERS = 240
"""Of the first answer of an unknown model: about a second of writing, and longer than most answers in a talk."""
EVENTS_AHEAD = 16
THINKING_FIELDS = frozenset(
    ("reasoning_effort", "reasoning", "think", "thinking", "enable_thinking", "chat_template_kwargs")
)
_SECRET = re.compile(r"sk-[\w-]{6,}|Bearer\s+\S+|[A-Za-z0-9_-]{32,}")


def create(settings: Mapping[str, Any]) -> OpenAIChat:
    """settings: `base_url` (empty: OpenAI), `api_key`, `model` (empty: the server's first), `max_tokens`, `extra_body`
    (fields that are added to every request), `context_window` (in tokens; 0: what the server tells) and `memory` (the file
    that keeps what was learnt about models).

    Raises `EngineUnavailable` if OpenAI itself is asked for without a key.
    """
    given = {key: value for key, value in settings.items() if value not in ("", None)}
    return OpenAIChat(**given)


class OpenAIChat:
    """One client, shared by all sessions; a reply is one streaming request, or some more if the first ones are refused."""

    def __init__(
        self,
        *,
        base_url: str = OPENAI,
        api_key: str = "",
        model: str = "",
        max_tokens: int | None = None,
        extra_body: Mapping[str, Any] | None = None,
        context_window: int = 0,
        memory: str | Path | None = None,
    ) -> None:
        if not api_key and base_url == OPENAI:
            raise EngineUnavailable("OpenAI needs a key (KAIKOU_LLM_API_KEY).", engine=NAME)
        headers = {"authorization": f"Bearer {api_key or 'none'}"}  # some local servers insist on any key
        timeout = httpx2.Timeout(READ_S, connect=CONNECT_S)
        transport = ProxyTransport()
        try:
            self._server = SERVER.behind(transport, addresses(base_url)[0])
        except ValueError:
            raise SERVER.failure(httpx2.InvalidURL("")) from None
        self.info = EngineInfo(NAME, "chat_model", proxy=self._server.proxy)
        self._http = httpx2.AsyncClient(headers=headers, timeout=timeout, transport=transport)
        self._key, self._max_tokens, self._extra_body = api_key, max_tokens, extra_body or {}
        # OpenAI's newer models refuse the old name of this limit; many other servers know no other.
        own = host_of(base_url).endswith(".openai.com")
        self._limit_name = "max_completion_tokens" if own else "max_tokens"
        self._locator = Locator(self._http, base_url, model, self._server)
        self._memory = Memory(Path(memory) if memory else None)
        self._returned = Returned()
        self._context_window = context_window

    @property
    def context_window(self) -> int | None:
        """The model's window in tokens, as set or as its server told; None while that is unknown."""
        return self._context_window or (self._locator.found.context if self._locator.found else None)

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Text without the model's reasoning, calls when complete, usage last.

        Raises `EngineBusy` when asked to slow down, `EngineUnavailable` when the server cannot be reached or refuses the
        key, and `EngineError` otherwise. Closing it hangs up; how long to wait is for whoever asks.
        """
        asking = Asking(request, RETRY_AFTER_S)
        begun = False
        try:
            place = await self._locator.place()
            profile = self._memory.profile(without_login(place.url), place.model)
            while True:
                reader = AnswerReader([tool.name for tool in request.tools], self._hold(place, profile))
                try:
                    async with aclosing(
                        self._told_of_loading(place, self._ask(place, request, profile, reader))
                    ) as events:
                        async for event in events:
                            begun = True
                            yield event
                    return
                except (Refused, httpx2.TransportError) as refused:
                    begun = begun or reader.begun
                    if reader.said:
                        raise
                    if isinstance(refused, httpx2.TransportError):
                        await asking.again(refused)
                        continue
                    reasons = reasons_in(refused.status, refused.text, self._asked(place, request, profile))
                    if Reason.LOADING in reasons and asking.may_wait():
                        yield Thinking(loading=True)
                        await asyncio.sleep(LOADING_S)
                        continue
                    place, profile = await self._differently(place, profile, refused, reasons, asking)
        except (Refused, TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            raise self._told(error, begun) from None

    def about(self) -> dict[str, str]:
        """What was found out so far of the server and the model, for people: labels and what there is to say."""
        place = self._locator.found
        if place is None:
            return {}
        profile = self._memory.profile(without_login(place.url), place.model)
        window = f"{self.context_window} tokens" if self.context_window else "the server does not tell"
        if profile.characters is not None:
            window += f"; {profile.characters} characters of a conversation fit"
        roles = in_a_sentence(Profile(), Profile(system=profile.system, alternates=profile.alternates))
        return {
            "server": f"{place.kind or 'unknown'} at {without_login(place.url)}",
            "model": place.model,
            "roles": roles or "in any order",
            "context window": window,
            **({} if profile.tools else {"functions": "none: its server or its template refuses them"}),
        }

    async def aclose(self) -> None:
        await self._http.aclose()

    def _told_of_loading(
        self, place: Place, events: AsyncGenerator[ChatEvent, None]
    ) -> AsyncGenerator[ChatEvent, None]:
        """The events; `Thinking` as well, for as long as a server that says nothing meanwhile has yet to load its model."""

        async def meanwhile() -> Thinking | None:
            return Thinking(loading=True) if await self._locator.is_loading(place) else None

        if place.kind not in LOADS_WHEN_ASKED:
            return events
        return read_ahead(events, EVENTS_AHEAD, LOADING_S, meanwhile)

    # --- One request --------------------------------------------------------------------------------------------------

    async def _ask(
        self, place: Place, request: ChatRequest, profile: Profile, reader: AnswerReader
    ) -> AsyncGenerator[ChatEvent, None]:
        """The answer to one request. Raises `Refused`, also for a failure in the midst of it, and what httpx2 does."""
        payloads = Payloads()
        try:
            async with self._http.stream(
                "POST", f"{place.url}/chat/completions", json=self._body(place, request, profile)
            ) as response:
                if response.status_code != httpx2.codes.OK:
                    raise await refusal_of(response)
                async with aclosing(lines(response)) as read:
                    async for line in read:
                        for value in payloads.push(line):
                            for event in reader.take(value):
                                yield event
                        if payloads.done:
                            break
            for value in payloads.finish():
                for event in reader.take(value):
                    yield event
        except Failed as failed:
            failure = failed.failure
            raise Refused(failure.status or httpx2.codes.INTERNAL_SERVER_ERROR, failure.text, failure.code) from None
        except NotJson as other:
            raise Refused(httpx2.codes.OK, page=other.page) from None
        complete = bool(reader.finish) or payloads.done
        for event in reader.end():
            if complete or isinstance(event, TextDelta):
                yield event
        if not complete and not reader.begun:
            raise Refused(httpx2.codes.OK)
        if not complete:
            raise EngineError("The language model broke off its reply.", engine=NAME)
        self._returned.keep(reader.calls, reader.thought)
        self._learn(place, profile, reader)

    def _body(self, place: Place, request: ChatRequest, profile: Profile) -> dict[str, Any]:
        request = replace(request, max_tokens=request.max_tokens or self._max_tokens)
        asked = body(request, place.model, self._limit_name, profile, self._returned)
        return merged_fields(asked, self._quiet(place, profile), self._extra_body)

    def _quiet(self, place: Place, profile: Profile) -> Mapping[str, Any]:
        if not profile.quiet or THINKING_FIELDS & self._extra_body.keys():
            return {}
        return quiet_fields(place.url, place.kind, place.model)

    def _asked(self, place: Place, request: ChatRequest, profile: Profile) -> Asked:
        quiet = self._quiet(place, profile)
        fields = [*quiet, *(inner for table in quiet.values() if isinstance(table, Mapping) for inner in table)]
        return Asked(bool(request.tools) and profile.tools, fields)

    def _hold(self, place: Place, profile: Profile) -> int | None:
        """How much of the answer's text is held back, since it may be a thought."""
        if profile.opened_by_template is None:
            return None if thinks_first(place.model) else 0 if is_hosted(place.url) else HELD_CHARACTERS
        return None if profile.opened_by_template else 0

    # --- What is learnt -----------------------------------------------------------------------------------------------

    def _learn(self, place: Place, profile: Profile, reader: AnswerReader) -> None:
        opened = reader.opened_by_template
        learnt = profile if opened is None else replace(profile, opened_by_template=opened)
        self._memory.learn(without_login(place.url), place.model, learnt)

    async def _differently(
        self, place: Place, profile: Profile, refused: Refused, reasons: list[Reason], asking: Asking
    ) -> tuple[Place, Profile]:
        """Where and how to ask next. Raises `Refused` or `EngineError` if nothing helps."""
        asking.count(refused)
        nowhere = refused.page or refused.status in (404, 405)
        if nowhere and (elsewhere := self._locator.elsewhere(place)):
            return elsewhere, profile
        if refused.page or refused.status in (200, 401, 402, 403):
            raise refused
        if Reason.TOO_LONG in reasons:
            return place, self._shorter(place, profile, refused, asking)
        if Reason.MODEL in reasons or refused.status == httpx2.codes.NOT_FOUND:
            await self._propose(place, refused)
        if (changed := after(profile, reasons, refused.status)) is not None:
            self._log(place, refused, in_a_sentence(profile, changed))
            return place, changed
        await asking.again(refused)
        return place, profile

    def _shorter(self, place: Place, profile: Profile, refused: Refused, asking: Asking) -> Profile:
        now = min(profile.characters or size_of(asking.request.messages), size_of(asking.request.messages))
        if now <= FEWEST:
            raise refused
        changed = replace(profile, characters=max(FEWEST, now * 2 // 3))
        self._log(place, refused, in_a_sentence(profile, changed))
        return changed

    async def _propose(self, place: Place, refused: Refused) -> None:
        """Raises `EngineUnavailable` that names the model which may be meant, if there is one."""
        near = await self._locator.proposal(place)
        if near and near != place.model:
            message = (
                f"The language model {place.model!r} was not found at {SERVER.title}. Is {near!r} meant (llm_model)?"
            )
            raise EngineUnavailable(message, engine=NAME, code="model_not_found")

    def _log(self, place: Place, refused: Refused, change: str) -> None:
        log.warning(
            "The language model %s refused a request (%s). From now on %s.", place.model, self._clean(refused), change
        )

    def _clean(self, refused: Refused) -> str:
        """The server's own reason, for the log: without keys, in one line."""
        text = clean(refused.text).replace(self._key, "***") if self._key else clean(refused.text)
        told = " ".join(_SECRET.sub("***", text).split())
        return f"{refused.status}: {told[:300]}"

    def _told(self, error: Exception, begun: bool) -> EngineError:
        """Errors of the server and of the connection as ours."""
        if isinstance(error, Refused):
            log.warning("The language model's server refused a request (%s).", self._clean(error))
            if error.page:
                hint = "The language model's server answered with a web page. Is its address right (llm_base_url)?"
                hint += self._server.between
                return EngineUnavailable(hint, engine=NAME, code="web_page")
            if error.status == httpx2.codes.OK:
                return self._server.unreadable()
            if Reason.LOADING in reasons_in(error.status, error.text, Asked(False, ())):
                return EngineUnavailable("The language model is still being loaded.", engine=NAME, code="model_loading")
            error = Refusal(error.status, error.code, error.pause_s)
        wanted = f"The language model {self._locator.model!r}"
        return self._server.failure(error, begun=begun, waited_s=READ_S, wanted=wanted)
