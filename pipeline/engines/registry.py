"""Engines by role and name, found when they are asked for: nothing is imported before it is used.

Ours are listed here as "module:attribute"; a third party's come from the entry-point group `kaikou.engines`, named
"role.name". An attribute is a factory: called with the engine's settings (a mapping), it returns the engine or raises
`EngineUnavailable`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from pipeline.engines.normalizing import TextNormalizer
from pipeline.engines.protocols import Role
from pipeline.errors import SettingError

ENTRY_POINT_GROUP = "kaikou.engines"

BUILT_IN: Mapping[Role, Mapping[str, str]] = {
    "voice_detector": {"silero": "models.embedded.silero:create"},
    "turn_model": {
        "embedded": "models.embedded.turns:create",
        "pitch": "models.embedded.pitch:create",
        "smart_turn": "models.embedded.smart_turn:create",
    },
    "recognizer": {
        "funasr": "models.funasr.recognizer:create",
        "openai": "models.remote.openai_transcription:create",
        "pocketsphinx": "models.embedded.pocketsphinx:create",
        "stepfun": "models.remote.stepfun:create_recognizer",
        "sherpa": "models.sherpa.recognizer:create",
        "stub": "models.stub:create_recognizer",
        "whisper": "models.whisper.recognizer:create",
    },
    "chat_model": {
        "openai": "models.remote.chat.chat_model:create",
        "scripted": "models.scripted:create",
        "stub": "models.stub:create_chat_model",
    },
    "synthesizer": {
        "espeak": "models.embedded.espeak:create",
        "flite": "models.embedded.flite:create",
        "kokoro": "models.neural_voices.kokoro.engine:create",
        "piper": "models.neural_voices.piper:create",
        "embedded": "models.embedded.voices:create",
        "indextts": "models.remote.indextts:create",
        "minimax": "models.remote.minimax:create",
        "openai": "models.remote.openai_speech:create",
        "stepfun": "models.remote.stepfun:create_speech",
        "sherpa": "models.sherpa.synthesizer:create",
        "stub": "models.stub:create_synthesizer",
    },
    "speech_model": {"realtime": "models.remote.realtime:create"},
}

SETS: Mapping[str, Mapping[Role, str]] = {
    "embedded": {
        "voice_detector": "silero",
        "turn_model": "embedded",
        "recognizer": "pocketsphinx",
        "synthesizer": "embedded",
    },
    "stub": {
        "voice_detector": "silero",
        "turn_model": "pitch",
        "recognizer": "stub",
        "chat_model": "stub",
        "synthesizer": "stub",
    },
}
"""Engine sets by name. A role that a set leaves open is filled by what the settings or the machine offer."""


def names(role: Role) -> list[str]:
    """Every engine known for `role`, ours first."""
    return list({**BUILT_IN[role], **_third_party(role)})


def create(role: Role, name: str, settings: Mapping[str, Any] | None = None) -> Any:
    """Make the engine `name` of `role`. Raises `SettingError` for an unknown name, `EngineUnavailable` from the engine."""
    return _factory(role, name)(dict(settings or {}))


def local_model_finder() -> Callable[[], Any]:
    """The async function that looks for a language-model server on this machine: where it is, or None."""
    find: Callable[[], Any] = import_module("models.remote.discovery").find_local_model
    return find


def proxies() -> Any:
    """What the environment says of proxies on the way out; see `Proxies` there."""
    return import_module("models.network.proxies").from_environment()


def proxy_trial() -> Callable[[str], Awaitable[str]]:
    """The async function that tells what a proxy has against an address."""
    trial: Callable[[str], Awaitable[str]] = import_module("models.network.trial").proxy_trouble
    return trial


def text_normalizer() -> TextNormalizer:
    """What stands before the synthesisers that want words; what it needs is loaded in the background."""
    normalizer: TextNormalizer = import_module("models.spoken_forms.normalizer").create()
    return normalizer


def catalogue() -> Any:
    """The module that says which weights there are: `CATALOGUE`, `recommended`, `starter`, `Machine`."""
    return import_module("models.downloads.catalogue")


def weights_store(folder: Path) -> Any:
    """The `Store` of the weights in `folder`."""
    return import_module("models.downloads.store").Store(folder)


def weights_puller(
    folder: Path, mirrors: Sequence[str], prefer: str, audience: Any, stopped: Callable[[], bool] = lambda: False
) -> Any:
    """The `Puller` of weights into `folder`; see there."""
    return import_module("models.downloads.pull").puller(folder, mirrors, prefer, audience, stopped)


def _factory(role: Role, name: str) -> Callable[[dict[str, Any]], Any]:
    if target := BUILT_IN[role].get(name):
        module, _, attribute = target.partition(":")
        factory: Callable[[dict[str, Any]], Any] = getattr(import_module(module), attribute)
        return factory
    if point := _third_party(role).get(name):
        loaded: Callable[[dict[str, Any]], Any] = point.load()
        return loaded
    raise SettingError(f"There is no {role.replace('_', ' ')} called {name!r}; known: {', '.join(names(role))}.")


def _third_party(role: Role) -> dict[str, Any]:
    prefix = role + "."
    points = entry_points(group=ENTRY_POINT_GROUP)
    return {point.name.removeprefix(prefix): point for point in points if point.name.startswith(prefix)}
