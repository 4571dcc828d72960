"""The tree of errors.

    KaikouError
    ├── InvalidRequest      what the caller sent is wrong; the message says how to put it right
    ├── SettingError        a setting is unknown or out of range
    ├── LimitReached        a configured limit was hit; try again later or ask for less
    └── EngineError         an engine did not do its work
        ├── EngineUnavailable   it cannot start here (missing library, weights, key or server)
        │   ├── UnknownLanguage     it does not know the language
        │   └── EngineKeyRefused    its provider does not accept the key that the settings hold for it
        ├── EngineTimeout       it did not answer within its bound
        └── EngineBusy          its queue is full

Every error carries a stable `code` for programs and a message for people.
"""

from __future__ import annotations

from pipeline.text.clean import clean


class KaikouError(Exception):
    """Base of all errors raised on purpose. `code` is stable across versions; the message may change."""

    code = "internal_error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        self.message = clean(message)
        super().__init__(self.message)
        if code is not None:
            self.code = clean(code)


class InvalidRequest(KaikouError):
    """The caller's mistake. `param` is the dotted path of the field that is wrong, if one is."""

    code = "invalid_value"

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message, code=code)
        self.param = param if param is None else clean(param)


class SettingError(KaikouError):
    """A setting is unknown, malformed or out of range."""

    code = "invalid_setting"


class LimitReached(KaikouError):
    """A limit of the settings was hit."""

    code = "limit_reached"


class EngineError(KaikouError):
    """An engine failed. `engine` is its name; the message is safe to show (no keys, no paths)."""

    code = "engine_error"

    def __init__(self, message: str, *, engine: str = "", code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.engine = engine


class EngineUnavailable(EngineError):
    """The engine cannot start here; the message names what is missing and how to get it."""

    code = "engine_unavailable"


class UnknownLanguage(EngineUnavailable):
    """The engine does not know the language that was asked for; another attempt changes nothing."""

    code = "unknown_language"


class EngineKeyRefused(EngineUnavailable):
    """The engine's provider refused the server's key for it. Not the client's key: that is the server's own affair."""

    code = "engine_key_refused"


class EngineTimeout(EngineError):
    """The engine did not answer within its bound."""

    code = "engine_timeout"


class EngineBusy(EngineError):
    """The engine has as much work queued as it may."""

    code = "engine_busy"
