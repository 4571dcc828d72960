"""Where the API of a language model's server is, which server it is, and which model to ask: found out once, by its list."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import httpx2

from models.remote.chat import servers
from models.remote.chat.servers import Listed, addresses, is_hosted, kind_of, listed_in, proposal
from models.remote.client import Refusal, Server
from models.remote.discovery import LONGEST_LIST, first_chat_model
from pipeline.errors import EngineUnavailable

LIST_S = 2.0
"""How long a server may take to list its models."""


@dataclass(frozen=True, slots=True)
class Place:
    """A model at a server. kind: which server that is, empty if unknown. context: the window in tokens, if it is told."""

    url: str
    model: str
    kind: str = ""
    context: int | None = None


class Locator:
    """Looks up what the settings leave open. model: as set, or as found; found: where it is, once that is known."""

    def __init__(self, http: httpx2.AsyncClient, base_url: str, model: str, server: Server) -> None:
        """Raises `EngineUnavailable` if `base_url` is no address."""
        try:
            self._addresses = addresses(base_url)
            httpx2.URL(base_url)
        except (ValueError, httpx2.InvalidURL) as error:
            raise server.failure(httpx2.InvalidURL("")) from error
        self._http, self._server = http, server
        self.model = model
        self.found: Place | None = None
        self._looking = asyncio.Lock()

    async def place(self) -> Place:
        """Where the model is. Raises `EngineError`."""
        async with self._looking:
            if self.found is None:
                self.found = await self._look()
            return self.found

    def elsewhere(self, place: Place) -> Place | None:
        """The next address to try, where there was no API at `place`; None if there is none left."""
        if place.url not in self._addresses[:-1]:
            return None
        url = self._addresses[self._addresses.index(place.url) + 1]
        self.found = Place(url, place.model, place.kind, place.context)
        return self.found

    async def proposal(self, place: Place) -> str:
        """The name of a model there that is nearly the one that was asked for; empty if there is none."""
        try:
            return proposal(place.model, await self._list(place.url) or [])
        except httpx2.HTTPError:
            return ""

    async def is_loading(self, place: Place) -> bool:
        """Whether the server has yet to load the model, as some do when first asked; False where it does not tell."""
        root = place.url.removesuffix("/v1")
        try:
            match place.kind:
                case servers.OLLAMA:
                    loaded = await self._json(f"{root}/api/ps")
                    return loaded is not None and not servers.is_among(place.model, loaded)
                case servers.LM_STUDIO:
                    known = await self._json(f"{root}/api/v0/models")
                    return known is not None and servers.is_waiting(place.model, known)
        except httpx2.HTTPError:
            pass
        return False

    async def _look(self) -> Place:
        if self.model and is_hosted(self._addresses[0]):
            return Place(self._addresses[0], self.model)
        for url in self._addresses:
            try:
                models = await self._list(url)
            except httpx2.TimeoutException:
                break
            except httpx2.HTTPError as error:
                raise self._server.failure(error) from None
            if models is not None:
                return await self._among(url, models)
        if not self.model:
            raise EngineUnavailable(
                "The language model's server does not say which models it has.", engine=self._server.engine
            )
        return Place(self._addresses[0], self.model, kind_of(self._addresses[0], []))

    async def _among(self, url: str, models: Sequence[Listed]) -> Place:
        self.model = self.model or first_chat_model([model.id for model in models])
        if not self.model:
            raise EngineUnavailable("The language model's server has no model loaded.", engine=self._server.engine)
        listed = next((model for model in models if model.id == self.model), Listed(self.model))
        place = Place(url, self.model, kind_of(url, models), listed.context)
        return place if place.context else replace(place, context=await self._window(place) or listed.trained)

    async def _window(self, place: Place) -> int | None:
        """The model's window where its server tells it elsewhere than in its list; None if it does not."""
        root = place.url.removesuffix("/v1")
        try:
            match place.kind:
                case servers.LLAMA_CPP:
                    return servers.window_in_props(await self._json(f"{root}/props"))
                case servers.LM_STUDIO:
                    known = listed_in(await self._json(f"{root}/api/v0/models")) or []
                    return next((model.context for model in known if model.id == place.model), None)
                case servers.OLLAMA:
                    return servers.window_in_show(await self._json(f"{root}/api/show", {"model": place.model}))
        except httpx2.HTTPError:
            pass
        return None

    async def _list(self, url: str) -> list[Listed] | None:
        """The models at an address; None if there is no such list. Raises `EngineError` where a key is missing."""
        value = await self._json(f"{url}/models")
        return None if value is None else listed_in(value)

    async def _json(self, url: str, asked: Mapping[str, Any] | None = None) -> Any:
        """What an address answers, if that is JSON of a bounded length. asked: what is posted to it."""
        body, method = bytearray(), "GET" if asked is None else "POST"
        async with self._http.stream(method, url, json=asked, timeout=LIST_S) as response:
            if response.status_code == httpx2.codes.UNAUTHORIZED and not self.model:
                raise self._server.failure(Refusal.of(response))
            if response.status_code != httpx2.codes.OK:
                return None
            async with aclosing(response.aiter_bytes()) as pieces:
                async for piece in pieces:
                    body += piece
                    if len(body) > LONGEST_LIST:
                        return None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None
