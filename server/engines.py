"""The engines of this server: which were chosen, how they are, and what would make them better."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pipeline import registry
from pipeline.engines import EngineInfo, Role
from pipeline.errors import EngineError, EngineUnavailable, SettingError
from pipeline.pump import Workers
from pipeline.setup import Engines
from server.remote_engines import remote_options
from server.settings import Settings

State: TypeAlias = Literal["ready", "failing", "failed"]

FAILING_S = 60.0
"""An engine that failed within this time, and has not worked since, counts as failing."""


@dataclass(slots=True)
class EngineStatus:
    """How one engine is. `failed_at` and `worked_at` are readings of the monotonic clock."""

    info: EngineInfo
    missing: bool = False
    error: str = ""
    failures: int = 0
    failed_at: float = field(default=-1e9)
    worked_at: float = field(default=0.0)

    def state(self, now: float) -> State:
        """ready, failing (lately), or failed (it could not start)."""
        if self.missing:
            return "failed"
        return "failing" if self.failed_at > self.worked_at and now - self.failed_at < FAILING_S else "ready"


class Missing:
    """Stands in for an engine that could not start: every use raises why. The rest of the server works without it."""

    window = 512

    def __init__(self, role: Role, name: str, error: EngineError) -> None:
        self.info = EngineInfo(name, role, rate=24_000, note=error.message)
        self._error = error

    def _refuse(self, *_args: Any, **_options: Any) -> Any:
        raise self._error

    open = speak = reply = probability = _refuse

    def close(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


class EngineRoom:
    """All engines of the server, and the threads that they block. `close` ends them."""

    def __init__(self, settings: Settings, language_model: Mapping[str, Any] | None = None) -> None:
        """`language_model`: settings of the OpenAI-compatible server to use, None for the set's own or the scripted."""
        if settings.engines not in registry.SETS:
            raise SettingError(f"There is no engine set {settings.engines!r}; known: {', '.join(registry.SETS)}.")
        chosen: dict[Role, str] = {"chat_model": "scripted", **registry.SETS[settings.engines]}
        if language_model:
            chosen["chat_model"] = "openai"
        if settings.chat_model:
            chosen["chat_model"] = settings.chat_model
        if settings.recognizer:
            chosen["recognizer"] = settings.recognizer
        if settings.synthesizer:
            chosen["synthesizer"] = settings.synthesizer
        if settings.turn_model:
            chosen["turn_model"] = settings.turn_model
        if chosen.get("turn_model") == "none":
            del chosen["turn_model"]
        options: dict[str, Mapping[str, Any]] = {
            "openai": language_model or {},
            "pocketsphinx": {"processes": settings.recognizer_processes},
        }
        self.statuses: dict[Role, EngineStatus] = {}
        remote = remote_options(settings)
        made = {
            role: self._make(role, name, remote.get((role, name)) or options.get(name, {}))
            for role, name in chosen.items()
        }
        self.engines = Engines(**made)
        self.language_model_connected = bool(language_model)
        self.workers = Workers(settings.engine_threads)

    @property
    def hears(self) -> tuple[str, ...]:
        """Languages the recogniser understands; empty for any."""
        return self.engines.recognizer.info.languages

    @property
    def speaks(self) -> tuple[str, ...]:
        """Languages the synthesiser speaks; empty for any."""
        return self.engines.synthesizer.info.languages

    @property
    def ready(self) -> bool:
        """Whether every engine could start."""
        return not any(status.missing for status in self.statuses.values())

    def describe(self) -> list[dict[str, Any]]:
        """Each engine's role, name, state, languages and note, for the page and for health checks."""
        now = time.monotonic()
        return [
            {
                "role": role,
                "name": status.info.name,
                "state": status.state(now),
                "languages": list(status.info.languages),
                "note": status.error if status.state(now) != "ready" and status.error else status.info.note,
            }
            for role, status in self.statuses.items()
        ]

    def failed(self, role: str, error: Exception) -> None:
        """An engine broke off its work. `role` may be "reply": the model's or the synthesiser's, the error says whose."""
        for status in self.statuses.values():
            if getattr(error, "engine", "") == status.info.name:
                status.failures += 1
                status.failed_at, status.error = time.monotonic(), str(error)

    def worked(self) -> None:
        """A turn went through all engines."""
        now = time.monotonic()
        for status in self.statuses.values():
            status.worked_at = now

    async def close(self) -> None:
        """End the engines and let go of the threads."""
        engines = self.engines
        roles = (
            engines.chat_model,
            engines.recognizer,
            engines.synthesizer,
            engines.voice_detector,
            engines.turn_model,
        )
        for engine in filter(None, roles):
            await close_engine(engine)
        self.workers.close()

    def _make(self, role: Role, name: str, options: Mapping[str, Any]) -> Any:
        try:
            engine: Any = registry.create(role, name, options)
        except EngineUnavailable as error:
            engine = Missing(role, name, error)
        missing = isinstance(engine, Missing)
        self.statuses[role] = EngineStatus(engine.info, missing, engine.info.note if missing else "")
        return engine


async def close_engine(engine: Any) -> None:
    """End an engine: by `aclose` where it has one, as those with connections do, else by `close`."""
    if hasattr(engine, "aclose"):
        await engine.aclose()
    else:
        engine.close()


async def find_language_model(settings: Settings) -> tuple[str, dict[str, Any]] | None:
    """Where the language model is and the options to reach it: as set, else a server found on this machine, else None.

    The engine set "stub" brings its own model, so that what it measures is the loop alone.
    """
    key = settings.llm_api_key.get_secret_value()
    common = {"timeout_s": settings.first_token_s}
    if settings.llm_base_url or key:
        options = {"base_url": settings.llm_base_url, "api_key": key, "model": settings.llm_model, **common}
        return settings.llm_base_url or "OpenAI", options
    if not settings.llm_discover or "chat_model" in registry.SETS.get(settings.engines, {}):
        return None
    find = registry.local_model_finder()
    found = await find()
    if found is None:
        return None
    model = settings.llm_model or found.model
    return found.server, {"base_url": found.base_url, "api_key": "", "model": model, **common}
