"""The engines of this server: which were chosen, how they are, and what would make them better."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pipeline import registry
from pipeline.engines import EngineInfo, Role
from pipeline.errors import EngineError, EngineUnavailable
from pipeline.pump import Workers
from pipeline.setup import Engines
from server.machine import cores, has_gpu, has_library
from server.remote_engines import remote_options
from server.selection import AUTO, EMBEDDED, GOES_BY_WEIGHTS, Choice, Shelf, wanted
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

    def __init__(
        self, settings: Settings, language_model: Mapping[str, Any] | None = None, there: Shelf | None = None
    ) -> None:
        """`language_model`: settings of the OpenAI-compatible server to use, None for the set's own or the scripted.

        there: the installed weights; without it, those in the settings' folder.
        """
        there = there or shelf(settings)
        explicit = explicit_of(settings, language_model)
        names = wanted(settings.engines, explicit, there)
        self.choices = {role: there.choice(role, name) for role, name in names.items()}
        self.statuses: dict[Role, EngineStatus] = {}
        self.passed_over: dict[Role, str] = {}
        made = {role: self._make(role, settings, language_model) for role in names}
        for role in GOES_BY_WEIGHTS:
            if settings.engines == AUTO and not explicit[role] and self.statuses[role].missing:
                self.passed_over[role] = f"{self.told(role)}: {self.statuses[role].error}"
                self.choices[role] = Choice(registry.SETS[EMBEDDED][role])
                made[role] = self._make(role, settings, language_model)
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
    def embedded(self) -> bool:
        """Whether hearing and speaking are both left to the engines that need no weights."""
        embedded = registry.SETS[EMBEDDED]
        return all(self.choices[role].engine == embedded[role] for role in GOES_BY_WEIGHTS)

    @property
    def ready(self) -> bool:
        """Whether every engine could start."""
        return not any(status.missing for status in self.statuses.values())

    def told(self, role: Role) -> str:
        """The engine of `role` as people call it, with the weights it was given."""
        name, weights = self.statuses[role].info.name, self.choices[role].weights
        return f"{name} ({weights})" if weights else name

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

    def _make(self, role: Role, settings: Settings, language_model: Mapping[str, Any] | None) -> Any:
        """The engine chosen for `role`, or one that says why it could not start."""
        choice = self.choices[role]
        options = {**options_of(role, choice.engine, settings, language_model), **choice.options}
        try:
            engine: Any = registry.create(role, choice.engine, options)
        except EngineUnavailable as error:
            engine = Missing(role, choice.engine, error)
        missing = isinstance(engine, Missing)
        self.statuses[role] = EngineStatus(engine.info, missing, engine.info.note if missing else "")
        return engine


async def close_engine(engine: Any) -> None:
    """End an engine: by `aclose` where it has one, as those with connections do, else by `close`."""
    if hasattr(engine, "aclose"):
        await engine.aclose()
    else:
        engine.close()


def explicit_of(settings: Settings, language_model: Mapping[str, Any] | None) -> dict[Role, str]:
    """The engines that the settings name, by role; empty for those that they leave open."""
    return {
        "recognizer": settings.recognizer,
        "chat_model": settings.chat_model or ("openai" if language_model else ""),
        "synthesizer": settings.synthesizer,
        "turn_model": settings.turn_model,
    }


def options_of(
    role: Role, engine: str, settings: Settings, language_model: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """What an engine is told beside its weights."""
    options: dict[tuple[Role, str], Mapping[str, Any]] = {
        **remote_options(settings),
        ("chat_model", "openai"): language_model or {},
        ("recognizer", "pocketsphinx"): {"processes": settings.recognizer_processes},
    }
    return options.get((role, engine), {})


def shelf(settings: Settings) -> Shelf:
    """The installed weights of this server."""
    installed = registry.weights_store(settings.weights).weights()
    return Shelf(installed, settings.languages, has_library, has_gpu(), cores())


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
