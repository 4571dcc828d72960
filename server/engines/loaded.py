"""The engines of this server: which were chosen, how they are, and what would make them better."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from pipeline.characters.character import Character
from pipeline.conversation.config import Engines
from pipeline.engines import registry
from pipeline.engines.bulkhead import BreakerState, Bulkhead
from pipeline.engines.fallback import Member
from pipeline.engines.normalizing import NormalizingSynthesizer
from pipeline.engines.pitched import pitched
from pipeline.engines.protocols import EngineInfo, Role
from pipeline.engines.workers import Workers
from pipeline.errors import EngineError, EngineUnavailable, SettingError
from server.engines.bulkheads import chained, longest_turn_s, member, spelled
from server.engines.machine import cores, has_gpu, has_library
from server.engines.remote import remote_options
from server.engines.selection import EMBEDDED, GOES_BY_WEIGHTS, Choice, InstalledWeights, wanted
from server.engines.trial import made_and_tried
from server.settings import Settings
from server.settings.engines import EngineLimits, EngineSettings, WeightSettings

State: TypeAlias = Literal["ready", "failing", "failed"]
Options: TypeAlias = Mapping[tuple[Role, str], Mapping[str, Any]]
"""What an engine is told, by its role and its name in the registry."""

SCRIPTED = "scripted"
"""The chat model that needs nothing, and stands in for one that was found or set, and could not start."""

LEARNT = "language-models.json"
"""The file in the folder of weights that keeps what was learnt about language models."""

FAILING_S = 60.0
"""An engine that failed within this time, and has not worked since, counts as failing."""


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """How one engine is. `missing`: it could not start, and its info's note says why."""

    info: EngineInfo
    bulkhead: Bulkhead
    missing: bool = False

    def state(self) -> State:
        """ready, failing (lately, or left alone for it), or failed (it could not start)."""
        if self.missing:
            return "failed"
        bulkhead = self.bulkhead
        lately = bulkhead.failed_at > bulkhead.worked_at and bulkhead.clock() - bulkhead.failed_at < FAILING_S
        return "failing" if lately or bulkhead.state is not BreakerState.CLOSED else "ready"


class UnavailableEngine:
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


class LoadedEngines:
    """All engines of the server, and the threads that they block. `close` ends them."""

    def __init__(
        self,
        settings: Settings,
        language_model: Mapping[str, Any] | None = None,
        there: InstalledWeights | None = None,
        before: LoadedEngines | None = None,
    ) -> None:
        """`language_model`: settings of the OpenAI-compatible server to use, None for the set's own or the scripted.

        there: the installed weights; without it, those in the settings' folder. before: engines that go on here where
        the same are chosen; the others are tried at once, so that none begins a conversation and cannot.
        """
        self._made_from, self._before = (settings, language_model), before
        self.generation: int = before.generation + 1 if before else 0
        chosen, limits = settings.engines, settings.engine_limits
        self._settings, self._limits = chosen, limits
        self._sessions, self._longest_s = settings.sessions.max_sessions, longest_turn_s(settings.turns)
        self._there = there or installed_weights(settings.weights, chosen.languages)
        self._options = options(chosen, limits, language_model)
        self._made = dict[tuple[Role, str], tuple[Choice, Member[Any]]]()
        self.choices: dict[Role, Choice] = {}
        self.statuses: dict[tuple[Role, str], EngineStatus] = {}
        names = wanted(chosen.set, explicit_of(chosen, language_model), self._there)
        chains = {role: self._choices(role, chain) for role, chain in names.items()}  # all, before any is made
        self.engines = Engines(**{role: self._make(role, chain) for role, chain in chains.items()})
        self.speech_model_starts = not self.lacks("speech_model")
        self.speech_model_default = bool(chosen.realtime.url) and chosen.realtime.default and self.speech_model_starts
        connected = bool(language_model) and not self.lacks_language_model
        self.language_model_connected = connected or self.speech_model_default
        self.workers: Workers = before.workers if before else Workers(limits.engine_threads)
        self._before = None  # or no generation would ever be forgotten

    def renewed(self, there: InstalledWeights | None = None) -> LoadedEngines:
        """The engines that would be taken now; those of these that are chosen again go on in both.

        Blocks while weights are read. Raises `EngineUnavailable` if some had to be made, and none of them works.
        """
        made = LoadedEngines(*self._made_from, there, before=self)
        ours = {id(one) for one in self.members}
        others = {key: made.statuses[key] for key, (_choice, one) in made._made.items() if id(one) not in ours}
        if others and all(status.missing for status in others.values()):
            raise EngineUnavailable("; ".join(f"{name}: {status.info.note}" for (_, name), status in others.items()))
        return made

    @property
    def members(self) -> list[Member[Any]]:
        """Each engine behind its bulkhead."""
        return [one for _choice, one in self._made.values()]

    @property
    def hears(self) -> tuple[str, ...]:
        """Languages the recogniser understands; empty for any."""
        return self.engines.recognizer.info.languages

    @property
    def speaks(self) -> tuple[str, ...]:
        """Languages the synthesiser speaks; empty for any."""
        return self.engines.synthesizer.info.languages

    def languages_of(self, engine: str) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        """The languages in which a character hears and speaks here whose file asks for `engine`; empty for any, None for
        none at all."""
        if self._is_for_speech_model(engine):
            return (), ()
        return None if self.lacks("recognizer") else self.hears, None if self.lacks("synthesizer") else self.speaks

    @property
    def lacks_language_model(self) -> bool:
        """Whether the language model could not start, be it that the scripted one stands in for it or not."""
        return any(status.missing for (role, _name), status in self.statuses.items() if role == "chat_model")

    def lacks(self, role: Role) -> bool:
        """Whether no engine of `role` could start."""
        return all(status.missing for (its_role, _name), status in self.statuses.items() if its_role == role)

    def uses_speech_model(self, character: Character) -> bool:
        """Whether the speech model hears and speaks for the character: by its file, else by the settings.

        The separate engines stand in for one that could not start.
        """
        return self._is_for_speech_model(character.engine)

    def _is_for_speech_model(self, engine: str) -> bool:
        default = "speech_model" if self.speech_model_default else "separate"
        there = self.engines.speech_model is not None and self.speech_model_starts
        return there and (engine or default) == "speech_model"

    @property
    def embedded(self) -> bool:
        """Whether hearing and speaking are both left to the engines that need no weights."""
        embedded = registry.SETS[EMBEDDED]
        return all(self.choices[role].engine == embedded[role] for role in GOES_BY_WEIGHTS)

    @property
    def bulkheads(self) -> list[Bulkhead]:
        """The bulkheads of all engines that are called through one."""
        return [status.bulkhead for (role, _name), status in self.statuses.items() if role != "voice_detector"]

    @property
    def passed_over(self) -> list[str]:
        """Engines that could not start and another of their role stands in for, each with the reason."""
        missing = {key: status for key, status in self.statuses.items() if status.missing}
        started = {role for role, _name in self.statuses.keys() - missing.keys()}
        return [f"{name}: {status.info.note}" for (role, name), status in missing.items() if role in started]

    @property
    def ready(self) -> bool:
        """Whether each role has an engine that could start, or will have one: what is typed is answered aloud meanwhile."""
        lacking = {role for role, _name in self.statuses if self.lacks(role)}
        return lacking <= ({"recognizer"} if self.waits_for_recognizer else set())

    @property
    def waits_for_recognizer(self) -> bool:
        """Whether nothing that is said is understood before weights are fetched: not every Python has PocketSphinx."""
        return self.lacks("recognizer") and not self._settings.recognizer

    def display_name(self, role: Role) -> str:
        """The engines of `role` as people call them, with their weights; without those that only stand in for another."""
        names, open_languages = list[str](), set(self._settings.languages)
        for (its_role, name), (choice, one) in self._made.items():
            its_languages = set(one.info.languages) or open_languages
            if (
                its_role == role
                and not self.statuses[role, name].missing
                and (not names or open_languages & its_languages)
            ):
                names.append(f"{one.info.name} ({choice.weights})" if choice.weights else one.info.name)
                open_languages = open_languages - its_languages
        return " and ".join(names) or str(getattr(self.engines, role).info.name)

    def describe(self) -> list[dict[str, Any]]:
        """Each engine's role, name, state, breaker, languages and note, for the page and for health checks.

        The engines of a role come in the order in which they stand in for each other.
        """
        return [
            {
                "role": role,
                "name": name if ":" in name else status.info.name,
                "state": status.state(),
                "breaker": status.bulkhead.state.value,
                "languages": list(status.info.languages),
                "note": status.bulkhead.error if status.state() == "failing" else status.info.note,
            }
            for (role, name), status in self.statuses.items()
        ]

    async def close(self, others: Iterable[LoadedEngines] = ()) -> None:
        """End the engines, all at once, and let go of the threads, but for those that one of the `others` uses."""
        used = [id(one) for other in others for one in other.members]
        if all(other.workers is not self.workers for other in others):
            self.workers.close()
        ending = [one.aclose() for one in self.members if id(one) not in used]
        for error in await asyncio.gather(*ending, return_exceptions=True):
            if error:
                raise error

    def _choices(self, role: Role, chain: str) -> dict[str, Choice]:
        with _named_setting(role):
            return {name: self._there.choice(role, name) for name in spelled(role, chain)}

    def _make(self, role: Role, chain: Mapping[str, Choice]) -> Any:
        """The engine of a role: those of the chain that could start, or one that says why none could."""
        made = [self._start(role, name, choice) for name, choice in chain.items()]
        if role == "chat_model" and not self._settings.chat_model and self.lacks(role):  # nobody ruled it out
            made.append(self._start(role, SCRIPTED, self._there.choice(role, SCRIPTED)))
        started = [one for one in made if not self.statuses[role, one.bulkhead.name].missing] or made[:1]
        self.choices[role] = self._made[role, started[0].bulkhead.name][0]
        return chained(role, started, self._limits, self._longest_s)

    def _start(self, role: Role, name: str, choice: Choice) -> Member[Any]:
        """The engine of that name: that of the generation before if it is the same or a new one fails, else a new one."""
        there = self._before._working(role, name) if self._before else None
        if there is None or there[0] != choice:
            engine = self._created(role, choice)
            if there is None or not isinstance(engine, UnavailableEngine):
                there = choice, member(engine, role, name, self._limits, self._sessions)
        self._made[role, name] = there
        _, guarded = there
        missing = isinstance(guarded.engine, UnavailableEngine)
        self.statuses[role, name] = EngineStatus(guarded.info, guarded.bulkhead, missing)
        return guarded

    def _working(self, role: Role, name: str) -> tuple[Choice, Member[Any]] | None:
        there = self._made.get((role, name))
        return there if there and not self.statuses[role, name].missing else None

    def _created(self, role: Role, choice: Choice) -> Any:
        told = self._options.get((role, choice.engine), {}), self._settings.options(role, choice.engine)
        make = partial(_engine, role, choice.engine, {**told[0], **choice.options, **told[1]})
        try:
            with _named_setting(role):
                return made_and_tried(make, role, choice.engine, self._settings.languages) if self._before else make()
        except EngineUnavailable as error:
            return UnavailableEngine(role, choice.engine, error)


@contextmanager
def _named_setting(role: Role) -> Iterator[None]:
    """Add to an error about what is set which setting chooses the engine of `role`."""
    try:
        yield
    except SettingError as error:
        raise SettingError(f"{error.message} (KAIKOU_{role.upper()} names the {role.replace('_', ' ')})") from error


def _engine(role: Role, name: str, settings: Mapping[str, Any]) -> Any:
    """The engine of that name, with what a voice lacks: words for what is written, a pitch. See `registry.create`."""
    engine = registry.create(role, name, settings)
    if role == "synthesizer" and not engine.info.pitches:
        engine = pitched(engine)
    return NormalizingSynthesizer(engine, registry.text_normalizer()) if engine.info.wants_words else engine


def explicit_of(settings: EngineSettings, language_model: Mapping[str, Any] | None) -> dict[Role, str]:
    """The engines that the settings name, by role; empty for those that they leave open."""
    return {
        "recognizer": settings.recognizer,
        "chat_model": settings.chat_model or ("openai" if language_model else ""),
        "synthesizer": settings.synthesizer,
        "turn_model": settings.turn_model,
        "speech_model": "realtime" if settings.realtime.url else "",
    }


def options(settings: EngineSettings, limits: EngineLimits, language_model: Mapping[str, Any] | None) -> Options:
    """What engines are told beside their weights."""
    return {
        **remote_options(settings, limits),
        ("chat_model", "openai"): language_model or {},
        ("recognizer", "pocketsphinx"): {"processes": settings.pocketsphinx.processes},
    }


def installed_weights(weights: WeightSettings, languages: Sequence[str]) -> InstalledWeights:
    """The installed weights of this server, where these languages are spoken."""
    installed = registry.weights_store(weights.folder).weights()
    return InstalledWeights(installed, languages, has_library, has_gpu(), cores())


async def find_language_model(
    engines: EngineSettings, weights: WeightSettings | None = None
) -> tuple[str, dict[str, Any]] | None:
    """Where the language model is and the options to reach it: as set, else a server found on this machine, else None.

    weights: in whose folder it is kept what was learnt about models; without, that is forgotten with the process.
    The engine set "stub" brings its own model, so that what it measures is the loop alone.
    """
    settings = engines.openai
    memory = weights.folder / LEARNT if weights else None
    window = settings.llm_context_window
    common = {"extra_body": settings.llm_extra_body, "context_window": window, "memory": memory}
    key = settings.llm_api_key.get_secret_value()
    if settings.llm_base_url or key:
        options = {"base_url": settings.llm_base_url, "api_key": key, "model": settings.llm_model, **common}
        return _without_password(settings.llm_base_url) or "OpenAI", options
    if not settings.llm_discover or "chat_model" in registry.SETS.get(engines.set, {}):
        return None
    find = registry.local_model_finder()
    found = await find()
    if found is None:
        return None
    model = settings.llm_model or found.model
    return found.server, {"base_url": found.base_url, "api_key": "", "model": model, **common}


def _without_password(url: str) -> str:
    """An address as it may be shown: some carry a name and a password before the host."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
