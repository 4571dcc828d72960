"""Speech models that are spoken to by the OpenAI Realtime API over WebSocket: OpenAI, StepFun, gateways, another Kaikou."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx2
import orjson
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus, InvalidURI, WebSocketException

from models.network.failures import CERTIFICATE, TRUST, ProxyFailed
from models.network.proxies import ProxyMistake, from_environment
from models.network.websocket import connected
from models.remote.realtime_connection import NAME, RealtimeLink, Terms, key_refused, problem_of
from models.remote.realtime_dialect import dialect_of, voices_of
from pipeline.engines.protocols import EngineInfo
from pipeline.engines.speech_model import SpeechLink
from pipeline.errors import EngineBusy, EngineError, EngineTimeout, EngineUnavailable, SettingError

OPENAI = "wss://api.openai.com/v1/realtime"
OPEN_S = 5.0
"""How long a connection may take until the server says hello."""

CLOSE_S = 1.0
MESSAGE_BYTES = 16 * 2**20
QUIET = logging.getLogger("kaikou.realtime")
QUIET.setLevel(logging.WARNING)
"""At the debug level the library writes down our headers, the key among them."""


def create(settings: Mapping[str, Any]) -> RealtimeModel:
    """settings: `url` (empty: OpenAI), `api_key`, `model`, `voices` ("female=marin", …), `transcriber`, `idle_s`.

    `transcriber`: the model that tells the person's words; empty: the usual one, "none": no words.
    Raises `SettingError` for an address or voices that make no sense.
    """
    given = {key: value for key, value in settings.items() if value not in ("", None, ())}
    try:
        url = _address(given.pop("url", OPENAI), given.pop("model", ""))
        voices = voices_of(urlsplit(url).hostname or "", given.pop("voices", ()))
    except ValueError as error:
        raise SettingError(f"The speech model cannot be used: {error}.") from None
    return RealtimeModel(url, given.pop("api_key", ""), Terms(voices=voices, **given))


class RealtimeModel:
    """The server, shared by all sessions; each opens a connection of its own when it first needs one."""

    def __init__(self, url: str, api_key: str, terms: Terms) -> None:
        """Raises `EngineUnavailable` for a proxy that cannot be used."""
        try:
            self._proxy = from_environment().proxy_for(url)
        except ProxyMistake as mistake:
            raise _behind_proxy(mistake) from None
        self._trusted = httpx2.create_ssl_context()  # here, since reading it takes up to 0.1 s
        proxy = str(self._proxy or "")
        self.info = EngineInfo(NAME, "speech_model", rate=terms.rate, note=_place(url), proxy=proxy)
        self._url, self._key, self._terms = url, api_key, terms

    async def open(self) -> SpeechLink:
        """A connection whose server said hello. Raises `EngineUnavailable`, `EngineTimeout` or `EngineBusy`."""
        # The causes are dropped: they hold the server's words and our headers, the key among them.
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        try:
            async with asyncio.timeout(OPEN_S):
                socket = await connected(
                    self._url,
                    self._proxy,
                    self._trusted,
                    additional_headers=headers,
                    compression=None,
                    max_size=MESSAGE_BYTES,
                    max_queue=None,
                    open_timeout=None,
                    close_timeout=CLOSE_S,
                    logger=QUIET,
                )
                return await self._greeted(socket)
        except TimeoutError:
            raise EngineTimeout(f"The speech model's server did not answer.{self._between}", engine=NAME) from None
        except ProxyFailed as failed:
            raise _behind_proxy(failed) from None
        except InvalidStatus as error:
            raise _refusal(error.response.status_code) from None
        except InvalidURI:
            raise EngineUnavailable("The speech model's address is no WebSocket address.", engine=NAME) from None
        except ssl.SSLCertVerificationError:
            told = f"The speech model's server shows a certificate that is not trusted. {TRUST}"
            raise EngineUnavailable(told, engine=NAME, code=CERTIFICATE) from None
        except (OSError, WebSocketException):
            told = f"The speech model's server cannot be reached.{self._between}"
            raise EngineUnavailable(told, engine=NAME) from None

    @property
    def _between(self) -> str:
        """Who else may be to blame, as a sentence after another."""
        return f" The proxy {self._proxy} is in between." if self._proxy else ""

    async def aclose(self) -> None:
        """Links belong to the sessions, which close them."""

    async def _greeted(self, socket: ClientConnection) -> RealtimeLink:
        try:
            hello = orjson.loads(await socket.recv())
            if hello.get("type") == "error":
                raise problem_of(hello)
            if hello.get("type") != "session.created":
                raise EngineUnavailable("What answers at the speech model's address is no realtime API.", engine=NAME)
            return RealtimeLink(socket, dialect_of(hello.get("session") or {}), self._terms)
        except (ValueError, AttributeError):
            await socket.close()
            message = "What answers at the speech model's address is no realtime API."
            raise EngineUnavailable(message, engine=NAME) from None
        except BaseException:
            await socket.close()
            raise


def _behind_proxy(error: ProxyFailed | ProxyMistake) -> EngineUnavailable:
    return EngineUnavailable(f"The speech model's server cannot be reached. {error}", engine=NAME, code=error.code)


def _refusal(status: int) -> EngineError:
    if status in (401, 403):
        return key_refused()
    if status == 404:
        return EngineUnavailable("There is no realtime API at the speech model's address.", engine=NAME)
    if status in (429, 503):
        return EngineBusy("The speech model's server asks for a pause, or a quota is used up.", engine=NAME)
    return EngineUnavailable(f"The speech model's server answered {status}.", engine=NAME)


def _place(url: str) -> str:
    """What is asked where, without anything that could be a key."""
    parts = urlsplit(url)
    model, host = dict(parse_qsl(parts.query)).get("model", "a speech model"), parts.hostname or ""
    return f"{model} at {host}{f':{parts.port}' if parts.port else ''}"


def _address(url: str, model: str) -> str:
    """The WebSocket address: `https://host/v1` and the like are completed. Raises `ValueError`."""
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.hostname or parts.port == 0:  # a port that is none raises by itself
        raise ValueError("its address must look like wss://host/v1/realtime")
    path = parts.path.rstrip("/")
    path = path if path.endswith("/realtime") else f"{path or '/v1'}/realtime"
    query = dict(parse_qsl(parts.query)) | ({"model": model} if model else {})
    return urlunsplit((scheme, parts.netloc, path, urlencode(query), ""))
