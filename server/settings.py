"""The settings: resolved once at the start from defaults < file < environment (`KAIKOU_…`) < flags.

The only module that reads the environment. Secrets come from there alone and never appear in `repr`.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from pipeline.errors import SettingError

PREFIX = "KAIKOU_"
SECRETS = frozenset(
    {
        "api_keys",
        "llm_api_key",
        "stt_api_key",
        "tts_api_key",
        "stepfun_api_key",
        "minimax_api_key",
        "speech_model_api_key",
    }
)

NOT_SETTINGS = frozenset({"KAIKOU_VENV"})
"""Variables with our prefix that belong to `run.py`."""

OPENAI_NAMES: Mapping[str, str] = {"OPENAI_BASE_URL": "llm_base_url", "OPENAI_API_KEY": "llm_api_key"}
"""What other programs call these settings; `KAIKOU_…` wins."""

BYTE_ORDER_MARK = "\ufeff"
"""What some editors write in front of a file: of this server's settings, or of variables for a container."""

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Settings(BaseModel):
    """Everything an operator can set, with its default; the environment name is `KAIKOU_` and the name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(default="127.0.0.1", min_length=1)
    """Address to listen on; anything but this machine wants TLS and keys."""
    port: int = Field(default=7210, ge=0, le=65_535)
    """Port to listen on; 0 takes a free one."""
    ssl_certfile: Path | None = None
    """Certificate chain (PEM); with `ssl_keyfile` the server speaks https and wss."""
    ssl_keyfile: Path | None = None
    """Private key of the certificate (PEM)."""
    open: bool = False
    """Open the page in a browser once the server is ready."""
    log: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    """How much is logged."""
    allowed_origins: tuple[str, ...] = ()
    """Further web origins (such as https://app.example.org) whose pages may use the API; "*" allows all."""
    api_keys: tuple[SecretStr, ...] = ()
    """Keys that clients must present, separated by commas; without any, no key is asked for."""

    engines: str = "auto"
    """The engine set: auto (the best that is installed), embedded or stub."""
    languages: tuple[str, ...] = ("zh", "en")
    """What is spoken here: engines that lack one of these are taken only where they are named."""
    recognizer: str = ""
    """An engine that replaces the set's recogniser; "sherpa:zipformer-zh-en" names its weights too. Several, separated by
    commas, stand in for each other in this order."""
    chat_model: str = ""
    """An engine that replaces the set's language model; several as above."""
    synthesizer: str = ""
    """An engine that replaces the set's synthesiser; several as above."""
    weights: Path = Path(__file__).parent.parent / "models" / "weights"
    """The folder that downloaded weights lie in."""
    models_from: str = ""
    """The hub that weights are fetched from: huggingface, modelscope or github; empty for each one's first."""
    models_mirror: tuple[str, ...] = ()
    """Addresses that stand for the hubs', as hub=https://…; without a hub, for Hugging Face's."""
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
    recognizer_processes: Count = 4
    """Embedded recogniser: how many people can speak at the same moment."""

    llm_base_url: str = ""
    """An OpenAI-compatible language model server, such as http://127.0.0.1:11434/v1."""
    llm_model: str = ""
    """The model's name there; empty takes the first that it lists."""
    llm_api_key: SecretStr = SecretStr("")
    """Its key."""
    llm_discover: bool = True
    """Whether to look for a model server on this machine when none is set."""

    stt_base_url: str = ""
    """Recogniser "openai": an OpenAI-compatible transcription server; empty for OpenAI."""
    stt_model: str = ""
    """The model's name there; empty for the usual one."""
    stt_api_key: SecretStr = SecretStr("")
    """Its key; for OpenAI, empty takes the language model's."""
    tts_base_url: str = ""
    """Synthesiser "openai": an OpenAI-compatible speech server, such as http://127.0.0.1:8880/v1; empty for OpenAI."""
    tts_model: str = ""
    """The model's name there; empty for the usual one."""
    tts_voices: tuple[str, ...] = ()
    """Voices there, separated by commas: "af_heart" for all, "male=am_adam" for one of our wishes."""
    tts_rate: Count = 24_000
    """Samples per second of the PCM that it sends."""
    tts_api_key: SecretStr = SecretStr("")
    """Its key; for OpenAI, empty takes the language model's."""
    stepfun_api_key: SecretStr = SecretStr("")
    """Recogniser and synthesiser "stepfun": the key."""
    stepfun_base_url: str = ""
    """Another address of it, such as https://api.stepfun.ai/v1 for accounts abroad."""
    stepfun_model: str = ""
    """The model that speaks: step-tts-2 (the default), step-tts-mini or stepaudio-2.5-tts."""
    minimax_api_key: SecretStr = SecretStr("")
    """Synthesiser "minimax": the key."""
    minimax_group_id: str = ""
    """The group, which older accounts need."""
    minimax_base_url: str = ""
    """Another address of it, such as https://api.minimaxi.com for accounts in China."""
    minimax_model: str = ""
    """The model that speaks; speech-2.8-turbo by default."""
    indextts_url: str = ""
    """Synthesiser "indextts": where its server is."""
    indextts_weights: Path | None = None
    """The folder of its weights, to run it in this process (needs the package indextts, and a GPU)."""
    indextts_voice: Path | None = None
    """A recording whose voice it takes for characters that have none of their own."""
    indextts_options: tuple[str, ...] = ()
    """How it chooses, separated by commas: temperature=0.8, top_p=0.8, top_k=30, num_beams=1; empty leaves it to it."""

    speech_model_url: str = ""
    """A realtime model that hears, thinks and speaks by itself, such as wss://api.openai.com/v1/realtime."""
    speech_model: str = ""
    """Its name there."""
    speech_model_api_key: SecretStr = SecretStr("")
    """Its key."""
    speech_model_voices: tuple[str, ...] = ()
    """Voices there, separated by commas: "marin" for all, "male=cedar" for one of our wishes; empty takes those we know."""
    speech_model_transcriber: str = ""
    """The model there that tells the person's words; empty takes the usual one, "none" does without."""
    speech_model_default: bool = True
    """Whether it speaks for characters whose file does not say so."""

    personas: Path = Path(__file__).parent.parent / "personas"
    """The folder of built-in characters."""
    default_character: str = "assistant"
    """Who answers when a client names nobody we know."""

    max_sessions: Count = 200
    """Conversations at once; a further one is told to come back later."""
    session_s: Positive = 3600.0
    """The longest conversation."""
    idle_s: Positive = 900.0
    """A conversation in which nobody speaks or writes for this long is ended."""
    resume_s: Positive = 60.0
    """How long a conversation waits for a client whose connection broke."""
    retained_bytes: Count = 512 * 1024
    """What was sent to a client that may come back and not acknowledged yet; about 8 s of audio."""
    drain_s: Positive = 20.0
    """After a signal to stop: how long turns that go on may take to finish."""
    latency_cpu: float = Field(default=0.85, gt=0, le=1)
    """Share of a core that the event loop may use before newcomers are asked to wait."""
    latency_lag_ms: Positive = 40.0
    """Lag of the event loop (95th percentile) above which newcomers are asked to wait."""
    message_bytes: Count = 24 * 1024 * 1024
    """The largest message a client may send."""
    append_bytes: Count = 15 * 1024 * 1024
    """The most audio in one message, as `input_audio_buffer.append` or binary."""
    queued_audio_s: Positive = 4.0
    """Audio that may wait for a slow client before the answer waits too."""
    lead_s: Positive = 2.0
    """How far audio is sent ahead of what the person hears."""
    turn_s: Positive = 60.0
    """A person's turn is ended after this."""
    reply_s: Positive = 300.0
    """A character's answer is ended after this much audio."""
    silence_ms: int = Field(default=500, ge=100, le=10_000)
    """The pause that ends a turn for clients that ask for a fixed one (`server_vad`) and do not say how long."""
    shortest_wait_ms: int = Field(default=200, ge=100, le=10_000)
    """The pause that ends a turn which surely is over, for all other clients (`semantic_vad`)."""
    longest_wait_ms: int = Field(default=1600, ge=100, le=30_000)
    """The pause that ends a turn which hardly is over."""
    turn_model: str = ""
    """An engine that replaces the one which judges turns by their sound; "none" for words alone."""
    speculate: bool = True
    """Whether answers are prepared in a pause, before the turn is surely over."""
    speculations_per_minute: Count = 20
    """Prepared answers of one conversation that may turn out wrong in a minute before it is left off for a while."""
    settle_s: Positive = 0.45
    """How long the recogniser may take for the final words of a turn."""
    first_token_s: Positive = 20.0
    """How long the language model may be silent, before its first word and later."""
    audio_s: Positive = 8.0
    """How long the synthesiser may be silent."""
    recognizer_s: Positive = 10.0
    """How long the recogniser may be busy with any piece of audio."""
    prompt_characters: Count = 24_000
    """How much of a conversation the language model sees."""
    conversation_items: int = Field(default=2_000, ge=10)
    """Messages and calls that a conversation holds; of a longer one the oldest leave."""
    file_jobs: Count = 2
    """Files that are transcribed at once (`/v1/audio/transcriptions`)."""
    speech_jobs: Count = 8
    """Texts that are spoken at once (`/v1/audio/speech`)."""
    waiting_jobs: Count = 16
    """Files, and texts, that may wait for their turn; a further one is told to come back."""
    file_bytes: Count = 25 * 1024 * 1024
    """The largest file that is transcribed."""
    file_s: Positive = 7200.0
    """The longest file that is transcribed."""
    client_secrets: Count = 1_000
    """Short-lived keys (`/v1/realtime/client_secrets`) that may exist at once."""


def load_settings(flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force. `flags` are those given on the command line; its "config" names the file.

    Raises `SettingError`, which names the setting, where it was set, and the nearest known name of an unknown one.
    """
    flags = {name: value for name, value in (flags or {}).items() if value is not None}
    environment = os.environ if environment is None else environment
    file = flags.pop("config", None) or _plain(environment.get(PREFIX + "CONFIG", ""))
    values = {**_from_file(file), **_from_environment(environment), **flags}
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"]))
        raise SettingError(f"The setting {name} is not right: {first['msg']}.") from None


def _from_file(path: str | Path) -> dict[str, Any]:
    explicit = bool(path)
    path = Path(path or "kaikou.toml")
    if not path.is_file():
        if explicit:
            raise SettingError(f"There is no settings file {path}.")
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"The settings file {path} is not TOML: {error}.") from error
    for name in values:
        _check_name(name, f"in {path}")
        if name in SECRETS:
            raise SettingError(f"{name} is a secret: set {PREFIX}{name.upper()} in the environment, not in {path}.")
    return values


def ignored_variables(environment: Mapping[str, str] | None = None) -> list[str]:
    """Variables with our prefix that tell of a service called after us, and are no settings.

    Kubernetes sets them in every pod of the namespace for a Service "kaikou" or "kaikou-…" (`KAIKOU_SERVICE_HOST`,
    `KAIKOU_PORT=tcp://…`, `KAIKOU_PORT_7210_TCP_ADDR`), Docker for a link of such a name (`KAIKOU_NAME`, `KAIKOU_ENV_…`).
    """
    environment = os.environ if environment is None else environment
    services = [found[1] for name, value in environment.items() if (found := _SERVICE.fullmatch(f"{name}={value}"))]
    return [
        name
        for name, value in environment.items()
        if any(
            name.startswith(service) and _OF_A_SERVICE.fullmatch(f"{name.removeprefix(service)}={value}")
            for service in services
        )
    ]


_SERVICE = re.compile(rf"({PREFIX.removesuffix('_')}(?:_[A-Z0-9_]+?)??)_(?:SERVICE_HOST=.*|PORT=(?:tcp|udp|sctp)://.*)")
"""A variable that shows that there is such a service; the group is the service's name in capitals."""

_OF_A_SERVICE = re.compile(
    r"_SERVICE_HOST=.*|_SERVICE_PORT(?:_\w+)?=\d+|_PORT=(?:tcp|udp|sctp)://.*|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?=.*"
    r"|_NAME=/.*|_ENV_\w+=.*",
    re.DOTALL,
)
"""What is told of it, without its name."""


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """What the environment sets. An empty variable sets nothing: that is how a compose file spells a missing one."""
    ignored = ignored_variables(environment)
    given = {name.lstrip(BYTE_ORDER_MARK): _plain(value) for name, value in environment.items() if name not in ignored}
    values: dict[str, Any] = {setting: given[name] for name, setting in OPENAI_NAMES.items() if given.get(name)}
    for name, value in given.items():
        if not name.startswith(PREFIX) or name in NOT_SETTINGS or name == PREFIX + "CONFIG":
            continue
        setting = name.removeprefix(PREFIX).lower()
        _check_name(setting, f"as {name} in the environment")
        if value:
            values[setting] = _parts(value) if Settings.model_fields[setting].annotation in _LISTS else value
    return values


def _plain(value: str) -> str:
    """The value without what files of variables leave around it: line ends, blanks, and a pair of quotes.

    `docker run --env-file` takes `KEY="…"` with its quotes, and the carriage return of a file from Windows.
    """
    value = value.strip().strip(BYTE_ORDER_MARK).strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" and value[0] not in value[1:-1]
    return value[1:-1].strip() if quoted else value


_LISTS = (tuple[str, ...], tuple[SecretStr, ...])


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _check_name(name: str, where: str) -> None:
    if name in Settings.model_fields:
        return
    near = difflib.get_close_matches(name, Settings.model_fields, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise SettingError(f"There is no setting {name} ({where}).{hint}")
